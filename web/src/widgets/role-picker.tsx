// Roles of one person: one per space, and more in single rooms of it.

import type { Role, RoomView } from "../api/types";
import { ROLES } from "../format/roles";
import { plural } from "../format/units";
import { Segments } from "./controls";

const NONE = "none";
const CHOICES = [[NONE, "None"], ...ROLES] as const;

export interface Held {
  roles: Record<string, Role>;
  room_roles: Record<string, Role>;
}

interface PickerProps {
  spaces: readonly { id: string; name: string }[];
  rooms: readonly RoomView[];
  held: Held;
  onChange: (held: Held) => void;
}

export const RolePicker = ({ spaces, rooms, held, onChange }: PickerProps) => (
  <div class="picker">
    {spaces.map((space) => {
      const own = rooms.filter((room) => room.space.id === space.id);
      const given = own.filter((room) => held.room_roles[room.id]).length;
      return (
        <div key={space.id}>
          <Line
            name={space.name}
            role={held.roles[space.id]}
            onRole={(role) => onChange({ ...held, roles: changed(held.roles, space.id, role) })}
          />
          {own.length > 0 && (
            <details class="more" open={given > 0}>
              <summary>
                More in single rooms{given > 0 && <span class="dim">: {plural(given, "room")}</span>}
              </summary>
              {own.map((room) => (
                <Line
                  key={room.id}
                  name={room.name}
                  role={held.room_roles[room.id]}
                  onRole={(role) =>
                    onChange({ ...held, room_roles: changed(held.room_roles, room.id, role) })
                  }
                />
              ))}
            </details>
          )}
        </div>
      );
    })}
  </div>
);

interface LineProps {
  name: string;
  role: Role | undefined;
  onRole: (role: Role | undefined) => void;
}

const Line = ({ name, role, onRole }: LineProps) => (
  <div class="line">
    <span>{name}</span>
    <Segments<Role | typeof NONE>
      label={`Role in ${name}`}
      value={role ?? NONE}
      options={CHOICES}
      onChange={(chosen) => onRole(chosen === NONE ? undefined : chosen)}
    />
  </div>
);

function changed(before: Record<string, Role>, id: string, role: Role | undefined): Record<string, Role> {
  const rest = Object.entries(before).filter(([key]) => key !== id);
  return Object.fromEntries(role ? [...rest, [id, role]] : rest);
}

/** What leads from one to the other, as the hub takes it: null takes a role away. */
export function roleChanges(
  before: Record<string, Role>,
  after: Record<string, Role>,
): Record<string, Role | null> {
  const ids = new Set([...Object.keys(before), ...Object.keys(after)]);
  const differ = [...ids].filter((id) => before[id] !== after[id]);
  return Object.fromEntries(differ.map((id) => [id, after[id] ?? null]));
}
