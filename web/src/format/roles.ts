// Roles by name, the least first.

import type { NodeView, Role, SpaceOfSession } from "../api/types";

export const ROLES = [
  ["viewer", "Viewer"],
  ["editor", "Editor"],
  ["admin", "Admin"],
] as const satisfies readonly (readonly [Role, string])[];

export const roleName = (role: Role): string => ROLES.find(([key]) => key === role)?.[1] ?? role;

/** The roles that someone with this one may hand on. */
export const rolesUpTo = (role: Role) => ROLES.slice(0, ROLES.findIndex(([key]) => key === role) + 1);

const rank = (role: Role): number => ROLES.findIndex(([key]) => key === role);

/** The most that any of these allows; of none, the least. */
export const highest = (roles: readonly Role[]): Role =>
  roles.reduce<Role>((most, role) => (rank(role) > rank(most) ? role : most), "viewer");

/** What one is for a node: in its whole space, or in a room that it is in. null: nothing but what others show. */
export function roleOn(
  node: Pick<NodeView, "space" | "rooms">,
  spaces: readonly SpaceOfSession[],
): Role | null {
  const space = spaces.find((each) => each.id === node.space.id);
  const rooms = space?.rooms.filter((room) => node.rooms.some((own) => own.id === room.id)) ?? [];
  const roles = [...(space?.role ? [space.role] : []), ...rooms.map((room) => room.role)];
  return roles.length ? highest(roles) : null;
}
