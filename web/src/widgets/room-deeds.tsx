// What can be done to a room: rename, remove. The nodes in it stay.

import { useState } from "preact/hooks";
import { api } from "../api/client";
import type { Named } from "../api/types";
import { plural } from "../format/units";
import { loadNodes } from "../state/nodes";
import { counts, loadRooms } from "../state/rooms";
import { isEditor } from "../state/session";
import { Field } from "./controls";
import { Deed } from "./dialog";
import { Icon } from "./icon";
import { Item, Menu } from "./menu";
import { goTo, roomPath } from "./places";

export function RoomMenu({ room }: { room: Named }) {
  const [deed, setDeed] = useState<"" | "rename" | "remove">("");
  if (!isEditor.value) return null;
  const onClose = () => setDeed("");
  return (
    <>
      <Menu label={`Actions for the room ${room.name}`} class="btn" button={<Icon name="more" />}>
        <Item icon="pen" onPick={() => setDeed("rename")}>
          Rename…
        </Item>
        <Item icon="bin" danger onPick={() => setDeed("remove")}>
          Remove…
        </Item>
      </Menu>
      {deed === "rename" && <RenameRoom room={room} onClose={onClose} />}
      {deed === "remove" && <RemoveRoom room={room} onClose={onClose} />}
    </>
  );
}

interface DeedProps {
  room: Named;
  onClose: () => void;
}

function RenameRoom({ room, onClose }: DeedProps) {
  const [name, setName] = useState(room.name);
  const rename = async () => {
    await api.renameRoom(room.id, name.trim());
    await Promise.all([loadRooms(), loadNodes()]);
    goTo(roomPath(name.trim()));
  };
  return (
    <Deed
      title={`Rename ${room.name}`}
      consequence="Addresses that name the room by its old name will show all nodes."
      keep="Cancel"
      deed={`Rename to ${name.trim() || "…"}`}
      onClose={onClose}
      onDeed={rename}
    >
      <Field
        label="Name"
        input={{
          value: name,
          required: true,
          maxLength: 64,
          autofocus: true,
          onInput: (e) => setName(e.currentTarget.value),
        }}
      />
    </Deed>
  );
}

function RemoveRoom({ room, onClose }: DeedProps) {
  const count = counts.value.get(room.id)?.count ?? 0;
  const remove = async () => {
    await api.removeRoom(room.id);
    goTo("/nodes");
    await Promise.all([loadRooms(), loadNodes()]);
  };
  return (
    <Deed
      title={`Remove the room ${room.name}?`}
      consequence={count ? `Its ${plural(count, "node")} stay and leave only this room.` : "It is empty."}
      keep="Keep it"
      deed={`Remove ${room.name}`}
      danger
      onClose={onClose}
      onDeed={remove}
    />
  );
}
