// What is done about people, as command lines.

import type { Role } from "../api/types";
import { commandLine } from "./shell";

type Names = ReadonlyMap<string, string>;

interface Wanted {
  role: Role | null;
  room_roles: Record<string, Role>;
}

/** The options of `muster user create` and `invite` for roles. */
export const roleOptions = ({ role, room_roles }: Wanted, rooms: Names): string[] => [
  ...(role ? ["--role", role] : []),
  ...Object.entries(room_roles).flatMap(([id, each]) => ["--room", `${rooms.get(id) ?? id}=${each}`]),
];

type Changes = Record<string, Role | null>;

/** `muster user role`, once per change. */
export function roleCommands(
  user: string,
  changes: { roles: Changes; room_roles: Changes },
  spaces: Names,
  rooms: Names,
): string {
  const line = (option: string, names: Names) => (change: [string, Role | null]) =>
    commandLine(
      "muster",
      "user",
      "role",
      user,
      change[1] ?? "none",
      option,
      names.get(change[0]) ?? change[0],
    );
  return [
    ...Object.entries(changes.roles).map(line("--space", spaces)),
    ...Object.entries(changes.room_roles).map(line("--room", rooms)),
  ].join("\n");
}

export const namesOf = (list: readonly { id: string; name: string }[]): Names =>
  new Map(list.map((each) => [each.id, each.name]));
