// What can be done to a room: edit it, remove it. The nodes in it stay.

import { useState } from "preact/hooks";
import { people } from "../api/people";
import type { Named } from "../api/types";
import { commandLine } from "../format/shell";
import { plural } from "../format/units";
import { loadNodes } from "../state/nodes";
import { counts, loadRooms } from "../state/rooms";
import { isAdmin, isEditor } from "../state/session";
import { spaceOption } from "../state/spaces";
import { AddNodes } from "./add-nodes";
import { Deed } from "./dialog";
import { Icon } from "./icon";
import { Item, Menu } from "./menu";
import { connectPath, goTo } from "./places";

export function RoomMenu({ room, plain = false }: { room: Named; plain?: boolean }) {
  const [deed, setDeed] = useState<"" | "add" | "remove">("");
  const close = () => setDeed("");
  if (!isEditor.value) return null;
  return (
    <>
      <Menu
        label={`Actions for the room ${room.name}`}
        class={plain ? "icon-btn" : "btn"}
        button={<Icon name="more" />}
      >
        <Item icon="pen" onPick={() => goTo(`/rooms/${room.id}`)}>
          Name, rule, settings
        </Item>
        <Item icon="nodes" onPick={() => setDeed("add")}>
          Add nodes…
        </Item>
        {isAdmin.value && (
          <Item icon="plug" onPick={() => goTo(connectPath(room.name))}>
            Connect a node to it
          </Item>
        )}
        <Item icon="bin" danger onPick={() => setDeed("remove")}>
          Remove…
        </Item>
      </Menu>
      {deed === "add" && <AddNodes room={room} onClose={close} />}
      {deed === "remove" && <RemoveRoom room={room} back={!plain} onClose={close} />}
    </>
  );
}

interface DeedProps {
  room: Named;
  back: boolean; // the page shows this room: leave it
  onClose: () => void;
}

function RemoveRoom({ room, back, onClose }: DeedProps) {
  const count = counts.value.get(room.id)?.count ?? 0;
  const remove = async () => {
    await people.removeRoom(room.id);
    if (back) goTo("/nodes");
    await Promise.all([loadRooms(), loadNodes()]);
  };
  return (
    <Deed
      title={`Remove the room ${room.name}?`}
      consequence={count ? `Its ${plural(count, "node")} stay and leave only this room.` : "It is empty."}
      keep="Keep it"
      deed={`Remove ${room.name}`}
      danger
      cli={commandLine("muster", "room", "remove", room.name, spaceOption())}
      onClose={onClose}
      onDeed={remove}
    />
  );
}
