// Nodes that are there already are put into a room: their agents need to know nothing of it.

import { useState } from "preact/hooks";
import { api } from "../api/client";
import type { Named, NodeView } from "../api/types";
import { commandLine } from "../format/shell";
import { grouped, plural } from "../format/units";
import { loadNodes, nodes } from "../state/nodes";
import { loadRooms } from "../state/rooms";
import { toast } from "../state/toasts";
import { Chip, Field } from "./controls";
import { Deed } from "./dialog";

const MOST = 60; // shown at once; words narrow them down

/** The rooms it was put into; those by rule follow by themselves. */
const ownRooms = (node: NodeView): Named[] => node.rooms.filter((room) => !room.by_rule);

export function AddNodes({ room, onClose }: { room: Named; onClose: () => void }) {
  const [text, setText] = useState("");
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const others = [...nodes.value.values()]
    .filter((node) => !node.rooms.some((each) => each.id === room.id))
    .sort((a, b) => a.name.localeCompare(b.name, "en", { numeric: true }));
  const found = others.filter(
    (node) => chosen.has(node.id) || node.name.toLowerCase().includes(text.trim().toLowerCase()),
  );
  const picked = others.filter((node) => chosen.has(node.id));
  const toggle = (id: string) => {
    const next = new Set(chosen);
    if (!next.delete(id)) next.add(id);
    setChosen(next);
  };
  const add = async () => {
    for (const node of picked)
      await api.changeNode(node.id, { rooms: [...ownRooms(node).map(({ id }) => id), room.id] });
    await Promise.all([loadNodes(), loadRooms()]);
    toast(`${plural(picked.length, "node")} added to ${room.name}`);
  };
  return (
    <Deed
      wide
      title={`Add nodes to ${room.name}`}
      consequence={
        others.length
          ? "They stay in their other rooms, and nothing changes on the machines."
          : "All nodes of this space are in it already."
      }
      keep="Cancel"
      deed={picked.length ? `Add ${plural(picked.length, "node")}` : "Add"}
      ready={picked.length > 0}
      cli={commandOf(picked, room)}
      onClose={onClose}
      onDeed={add}
    >
      {others.length > 0 && (
        <Field
          label="Find nodes"
          input={{
            type: "search",
            value: text,
            autofocus: true,
            autocomplete: "off",
            onInput: (event) => setText(event.currentTarget.value),
          }}
        />
      )}
      <div class="chips">
        {found.slice(0, MOST).map((node) => (
          <Chip key={node.id} pressed={chosen.has(node.id)} onClick={() => toggle(node.id)}>
            {node.name}
          </Chip>
        ))}
      </div>
      {found.length > MOST && (
        <p class="soft">{grouped(found.length - MOST)} more: write a part of the name.</p>
      )}
      {others.length > 0 && !found.length && <p class="soft">No node's name has “{text.trim()}” in it.</p>}
    </Deed>
  );
}

/** The command takes all rooms of one node, so there is one for each. */
const commandOf = (picked: NodeView[], room: Named): string =>
  picked
    .map((node) =>
      commandLine("muster", "node", "rooms", node.name, ...ownRooms(node).map(({ name }) => name), room.name),
    )
    .join(" && ");
