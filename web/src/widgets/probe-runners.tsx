// Who runs a probe: the hub's own agent, or chosen nodes and all nodes of chosen rooms, now and when they come later.

import { useState } from "preact/hooks";
import { nodes } from "../state/nodes";
import type { Runners } from "../state/probe-form";
import { rooms } from "../state/rooms";
import { space } from "../state/session";
import { Chip, Field } from "./controls";

const MOST_SHOWN = 30; // of many nodes one looks for a name

interface ProbeRunnersProps {
  runners: Runners;
  onChange: (runners: Runners) => void;
}

export function ProbeRunners({ runners, onChange }: ProbeRunnersProps) {
  const [wanted, setWanted] = useState("");
  const own = [...nodes.value.values()].sort((a, b) => a.name.localeCompare(b.name));
  const word = wanted.trim().toLowerCase();
  const shown = own
    .filter(({ id, name }) => runners.nodes.includes(id) || name.toLowerCase().includes(word))
    .slice(0, Math.max(MOST_SHOWN, runners.nodes.length));
  const everywhere = { id: space.value?.id ?? "", name: "All nodes" };
  const toggle = (of: keyof Runners, id: string) => {
    const before = runners[of];
    const after = before.includes(id) ? before.filter((each) => each !== id) : [...before, id];
    onChange({ ...runners, [of]: after });
  };
  const none = !runners.nodes.length && !runners.rooms.length;
  return (
    <>
      <fieldset class="field">
        <legend>Run by</legend>
        <div class="chips">
          <Chip pressed={none} onClick={() => onChange({ nodes: [], rooms: [] })}>
            the hub's own agent
          </Chip>
        </div>
      </fieldset>
      <fieldset class="field">
        <legend>or by the nodes of these rooms</legend>
        <div class="chips">
          {[everywhere, ...rooms.value].map(({ id, name }) => (
            <Chip key={id} pressed={runners.rooms.includes(id)} onClick={() => toggle("rooms", id)}>
              {name}
            </Chip>
          ))}
        </div>
        <small>Nodes that come into a room later run it too.</small>
      </fieldset>
      <fieldset class="field">
        <legend>or by these nodes</legend>
        {own.length > MOST_SHOWN && (
          <Field
            label="Look for a node"
            input={{ value: wanted, onInput: (event) => setWanted(event.currentTarget.value) }}
          />
        )}
        <div class="chips">
          {shown.map(({ id, name }) => (
            <Chip key={id} pressed={runners.nodes.includes(id)} onClick={() => toggle("nodes", id)}>
              {name}
            </Chip>
          ))}
        </div>
      </fieldset>
    </>
  );
}
