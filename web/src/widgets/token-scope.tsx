// What an API token is good for within its role: in some spaces or rooms alone, for some actions alone.

import type { Action, ApiTokenView, Role } from "../api/types";
import { actionsOf, actionWords } from "../format/actions";
import { plural } from "../format/units";
import { allRooms } from "../state/rooms";
import { ownSpaces } from "../state/session";
import { Chip } from "./controls";

export interface Scope {
  actions: Action[];
  spaces: string[];
  rooms: string[];
}

export const UNBOUND: Scope = { actions: [], spaces: [], rooms: [] };

interface PickerProps {
  role: Role;
  scope: Scope;
  onChange: (scope: Scope) => void;
}

/** Nothing chosen sets no bound. */
export function ScopePicker({ role, scope, onChange }: PickerProps) {
  const bounds = scope.actions.length + scope.spaces.length + scope.rooms.length;
  return (
    <details class="more">
      <summary>Bound it further{bounds > 0 && <span class="dim">: {plural(bounds, "choice")}</span>}</summary>
      {ownSpaces.value.length > 1 && (
        <Choices
          label="In these spaces alone"
          all={ownSpaces.value.map((space) => [space.id, space.name])}
          chosen={scope.spaces}
          onChange={(spaces) => onChange({ ...scope, spaces })}
        />
      )}
      {allRooms.value.length > 0 && (
        <Choices
          label="In these rooms alone"
          all={allRooms.value.map((room) => [room.id, room.name])}
          chosen={scope.rooms}
          onChange={(rooms) => onChange({ ...scope, rooms })}
        />
      )}
      <Choices
        label="For this alone"
        all={actionsOf(role).map((action) => [action, actionWords(action)])}
        chosen={scope.actions}
        onChange={(actions) => onChange({ ...scope, actions })}
      />
      <small class="dim">Nothing chosen sets no bound.</small>
    </details>
  );
}

interface ChoicesProps<T extends string> {
  label: string;
  all: readonly (readonly [key: T, text: string])[];
  chosen: readonly T[];
  onChange: (chosen: T[]) => void;
}

function Choices<T extends string>({ label, all, chosen, onChange }: ChoicesProps<T>) {
  const toggle = (key: T) =>
    onChange(chosen.includes(key) ? chosen.filter((each) => each !== key) : [...chosen, key]);
  return (
    <fieldset class="field" aria-label={label}>
      <b>{label}</b>
      <div class="chips">
        {all.map(([key, text]) => (
          <Chip key={key} pressed={chosen.includes(key)} onClick={() => toggle(key)}>
            {text}
          </Chip>
        ))}
      </div>
    </fieldset>
  );
}

/** The options of `muster user token create`. */
export const scopeOptions = (scope: Scope): string[] => [
  ...scope.actions.flatMap((action) => ["--action", action]),
  ...scope.spaces.flatMap((id) => ["--space", named(id, ownSpaces.value)]),
  ...scope.rooms.flatMap((id) => ["--room", named(id, allRooms.value)]),
];

const named = (id: string, list: readonly { id: string; name: string }[]): string =>
  list.find((each) => each.id === id)?.name ?? id;

/** "see nodes, read values in Edge", or "" without a bound. */
export function scopeText(token: Pick<ApiTokenView, "actions" | "spaces" | "rooms">): string {
  const places = [
    ...token.spaces.map((id) => named(id, ownSpaces.value)),
    ...token.rooms.map((id) => named(id, allRooms.value)),
  ];
  const what = token.actions.map((action) => actionWords(action).toLowerCase()).join(", ");
  return [what && `only ${what}`, places.length && `only in ${places.join(", ")}`].filter(Boolean).join("; ");
}
