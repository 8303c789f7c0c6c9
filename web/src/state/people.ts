// Who may sign in, and who was invited: read when the page is opened, and again after each deed.

import { signal } from "@preact/signals";
import { people } from "../api/people";
import type { InvitationView, Role, UserView } from "../api/types";
import { newest } from "./newest";
import { allRooms } from "./rooms";
import { ownSpaces } from "./session";

export const users = signal<UserView[] | null>(null);
export const invitations = signal<InvitationView[]>([]);
export const peopleError = signal("");

const ask = newest();

export async function loadPeople(): Promise<void> {
  const isNewest = ask();
  try {
    const [found, invited] = await Promise.all([people.users(), people.invitations()]);
    if (!isNewest()) return;
    users.value = found.sort((a, b) => a.name.localeCompare(b.name));
    invitations.value = invited;
    peopleError.value = "";
  } catch (error) {
    if (isNewest()) peopleError.value = error instanceof Error ? error.message : String(error);
  }
}

/** As `muster user reset`. The password comes last: it ends the sessions of whoever had the old one. */
export async function resetUser(id: string, password: string): Promise<void> {
  for (const passkey of await people.passkeysOf(id)) await people.removePasskeyOf(id, passkey.id);
  await people.unlinkUser(id);
  await people.changeUser(id, { password, require_passkey: false, disabled: false });
  await loadPeople();
}

export interface RoleLine {
  where: string;
  role: Role;
  room: boolean;
}

/** Roles with the names of what they are in, spaces first. */
export function roleLines(of: { roles: Record<string, Role>; room_roles: Record<string, Role> }): RoleLine[] {
  const named = (id: string, list: readonly { id: string; name: string }[], other: string) =>
    list.find((each) => each.id === id)?.name ?? other;
  return [
    ...Object.entries(of.roles).map(([id, role]) => ({
      where: named(id, ownSpaces.value, "another space"),
      role,
      room: false,
    })),
    ...Object.entries(of.room_roles).map(([id, role]) => ({
      where: named(id, allRooms.value, "another room"),
      role,
      room: true,
    })),
  ];
}
