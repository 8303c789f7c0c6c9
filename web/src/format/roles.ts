// Roles by name, the least first.

import type { Role } from "../api/types";

export const ROLES = [
  ["viewer", "Viewer"],
  ["editor", "Editor"],
  ["admin", "Admin"],
] as const satisfies readonly (readonly [Role, string])[];

export const roleName = (role: Role): string => ROLES.find(([key]) => key === role)?.[1] ?? role;

/** The roles that someone with this one may hand on. */
export const rolesUpTo = (role: Role) => ROLES.slice(0, ROLES.findIndex(([key]) => key === role) + 1);
