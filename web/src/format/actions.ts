// What a route can ask for, in words, with the least role that allows it.

import type { Action, Role } from "../api/types";
import { ROLES } from "./roles";

const ACTIONS: Record<Action, readonly [words: string, least: Role]> = {
  "node.read": ["See nodes", "viewer"],
  "data.read": ["Read values", "viewer"],
  "hub.read": ["See the hub", "viewer"],
  "node.edit": ["Name nodes", "editor"],
  "room.edit": ["Make rooms", "editor"],
  "data.write": ["Write values", "editor"],
  "dashboard.edit": ["Change dashboards", "editor"],
  "node.remove": ["Revoke nodes", "admin"],
  "token.manage": ["Make claim tokens", "admin"],
  "approval.decide": ["Let machines in", "admin"],
  "user.manage": ["Manage people", "admin"],
  "space.manage": ["Set the space", "admin"],
  "dashboard.share": ["Share dashboards publicly", "admin"],
  "audit.read": ["Read the audit log", "admin"],
  "hub.manage": ["Manage the hub", "admin"],
};

const rank = (role: Role): number => ROLES.findIndex(([key]) => key === role);

/** What a role allows, the least first. */
export const actionsOf = (role: Role): Action[] =>
  (Object.keys(ACTIONS) as Action[]).filter((action) => rank(ACTIONS[action][1]) <= rank(role));

export const actionWords = (action: Action): string => ACTIONS[action][0];
