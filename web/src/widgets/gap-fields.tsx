// How a request that came by hand is to be answered: name and rooms of a new node, life of the certificate.

import { readSpan } from "../format/spans";
import { rooms } from "../state/rooms";
import { spaceName } from "../state/session";
import { Chip, Field } from "./controls";

const LIFETIME = {
  least: 3600,
  most: 90 * 86_400,
  why: "a certificate that nobody can call back is better short",
};

/** What is said beside the request; of no account for a node that is there already but for the certificate. */
export interface Given {
  name: string;
  rooms: ReadonlySet<string>;
  lifetime: string;
  agents: string;
}

export const readLifetime = (text: string) => (text.trim() ? readSpan(text, LIFETIME) : { value: 0 });

export function secondsOf(given: Given): number {
  const reading = readLifetime(given.lifetime);
  return "value" in reading ? reading.value : 0;
}

interface GivenProps {
  isNew: boolean;
  given: Given;
  onChange: (given: Given) => void;
}

export function GivenFields({ isNew, given, onChange }: GivenProps) {
  const reading = readLifetime(given.lifetime);
  const put = (change: Partial<Given>) => onChange({ ...given, ...change });
  return (
    <>
      {isNew && (
        <>
          <Field
            label="Name"
            input={{
              value: given.name,
              maxLength: 253,
              onInput: (event) => put({ name: event.currentTarget.value }),
            }}
          />
          <RoomsOf chosen={given.rooms} onChange={(chosen) => put({ rooms: chosen })} />
        </>
      )}
      <div class="pair">
        <Field
          label="Certificate lives"
          hint={`Empty: as of other nodes of ${spaceName.value}. The way of the answer comes on top.`}
          error={"error" in reading ? reading.error : ""}
          input={{
            value: given.lifetime,
            placeholder: "30 d",
            maxLength: 24,
            onInput: (event) => put({ lifetime: event.currentTarget.value }),
          }}
        />
        <Field
          label="The hub's port for agents, if it is ever reached"
          hint="host:port. Empty: as the hub knows itself."
          input={{
            value: given.agents,
            placeholder: "10.0.0.2:7444",
            maxLength: 260,
            onInput: (event) => put({ agents: event.currentTarget.value }),
          }}
        />
      </div>
    </>
  );
}

interface RoomsProps {
  chosen: ReadonlySet<string>;
  onChange: (chosen: ReadonlySet<string>) => void;
}

function RoomsOf({ chosen, onChange }: RoomsProps) {
  if (!rooms.value.length) return null;
  const toggle = (id: string) => {
    const next = new Set(chosen);
    if (!next.delete(id)) next.add(id);
    onChange(next);
  };
  return (
    <fieldset class="field">
      <legend>Rooms</legend>
      <div class="chips">
        {rooms.value.map((room) => (
          <Chip key={room.id} pressed={chosen.has(room.id)} onClick={() => toggle(room.id)}>
            {room.name}
          </Chip>
        ))}
      </div>
    </fieldset>
  );
}
