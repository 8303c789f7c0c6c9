// Making, renaming and removing a space.

import { useState } from "preact/hooks";
import { people } from "../api/people";
import type { SpaceView } from "../api/types";
import { commandLine } from "../format/shell";
import { plural } from "../format/units";
import { enterSpace } from "../state/location";
import { loadNodes } from "../state/nodes";
import { allRooms, loadRooms } from "../state/rooms";
import { spaceId } from "../state/session";
import { reloadSpaces, switchSpace } from "../state/spaces";
import { Field } from "./controls";
import { Deed } from "./dialog";

const NAME_MOST = 100;

interface NameProps {
  name: string;
  onName: (name: string) => void;
}

const NameField = ({ name, onName }: NameProps) => (
  <Field
    label="Name"
    input={{
      value: name,
      required: true,
      maxLength: NAME_MOST,
      autofocus: true,
      autocomplete: "off",
      onInput: (event) => onName(event.currentTarget.value),
    }}
  />
);

export function NewSpace({ onClose }: { onClose: () => void }) {
  const [name, setName] = useState("");
  const wanted = name.trim();
  const make = async () => {
    const made = await people.makeSpace(wanted);
    await reloadSpaces();
    switchSpace(made.id, "/spaces");
  };
  return (
    <Deed
      title="New space"
      consequence="It has its own nodes, rooms, tokens and people; nothing of it is seen from another space. You become its admin."
      keep="Cancel"
      deed={`Make ${wanted || "the space"}`}
      cli={commandLine("muster", "space", "create", wanted || "NAME")}
      onClose={onClose}
      onDeed={make}
    >
      <NameField name={name} onName={setName} />
    </Deed>
  );
}

interface DeedProps {
  space: SpaceView;
  onClose: () => void;
}

export function RenameSpace({ space, onClose }: DeedProps) {
  const [name, setName] = useState(space.name);
  const wanted = name.trim();
  const rename = async () => {
    const here = space.id === spaceId.peek();
    await people.changeSpace(space.id, { name: wanted });
    if (here) enterSpace("", "/spaces"); // its old address is gone
    await reloadSpaces();
    await Promise.all([loadNodes(), loadRooms()]);
    if (here) switchSpace(space.id, "/spaces");
  };
  return (
    <Deed
      title={`Rename ${space.name}`}
      consequence="Addresses that name it by its old name lead nowhere then. Nodes and tokens do not notice."
      keep="Cancel"
      deed={`Rename to ${wanted || "…"}`}
      cli={commandLine("muster", "space", "rename", space.name, wanted || "NAME")}
      onClose={onClose}
      onDeed={rename}
    >
      <NameField name={name} onName={setName} />
    </Deed>
  );
}

export function RemoveSpace({ space, onClose }: DeedProps) {
  const rooms = allRooms.value.filter((room) => room.space.id === space.id).length;
  const remove = async () => {
    await people.removeSpace(space.id);
    if (space.id === spaceId.peek()) enterSpace("", "/spaces");
    await reloadSpaces();
  };
  return (
    <Deed
      title={`Remove the space ${space.name}?`}
      consequence={
        space.nodes
          ? `It still holds ${plural(space.nodes, "node")}: remove those first, then the space.`
          : `It holds no nodes. Its ${plural(rooms, "room")}, tokens and roles go with it, for good.`
      }
      keep="Keep it"
      deed={`Remove ${space.name}`}
      danger
      ready={!space.nodes}
      cli={commandLine("muster", "space", "remove", space.name)}
      onClose={onClose}
      onDeed={remove}
    />
  );
}
