// Calls about spaces, rooms, people and how they sign in.

import { call, get } from "./client";
import type {
  Fitting,
  InvitationView,
  NewInvitationView,
  PasskeyView,
  Role,
  RoomRule,
  RoomView,
  SpaceSettings,
  SpaceView,
  UserView,
} from "./types";

const id = encodeURIComponent;

export interface RoomWanted {
  name?: string;
  space?: string;
  rule?: RoomRule | null;
  agent_lifetime_s?: number;
}

/** null takes a role away. */
export type Roles = Record<string, Role | null>;

export interface UserChange {
  password?: string;
  disabled?: boolean;
  roles?: Roles;
  room_roles?: Roles;
  require_passkey?: boolean;
}

export interface UserWanted {
  name: string;
  password: string;
  role: Role | null;
  space: string;
  room_roles: Record<string, Role>;
}

export type InvitationWanted = Omit<UserWanted, "password"> & { ttl_s?: number };

export const people = {
  spaces: () => get<SpaceView[]>("/spaces"),
  makeSpace: (name: string) => call<SpaceView>("POST", "/spaces", { name }),
  changeSpace: (space: string, change: { name?: string; settings?: Partial<SpaceSettings> }) =>
    call<SpaceView>("PATCH", `/spaces/${id(space)}`, change),
  removeSpace: (space: string) => call<unknown>("DELETE", `/spaces/${id(space)}`),

  rooms: () => get<RoomView[]>("/rooms"),
  makeRoom: (room: RoomWanted) => call<RoomView>("POST", "/rooms", room),
  changeRoom: (room: string, change: RoomWanted) => call<RoomView>("PATCH", `/rooms/${id(room)}`, change),
  removeRoom: (room: string) => call<unknown>("DELETE", `/rooms/${id(room)}`),
  /** The nodes that a rule would take in. */
  tryRule: (rule: RoomRule, space: string) => call<Fitting[]>("POST", "/rooms/preview", { rule, space }),

  users: () => get<UserView[]>("/users"),
  makeUser: (user: UserWanted) => call<UserView>("POST", "/users", user),
  changeUser: (user: string, change: UserChange) => call<UserView>("PATCH", `/users/${id(user)}`, change),
  removeUser: (user: string) => call<unknown>("DELETE", `/users/${id(user)}`),
  passkeysOf: (user: string) => get<PasskeyView[]>(`/users/${id(user)}/passkeys`),
  removePasskeyOf: (user: string, passkey: string) =>
    call<unknown>("DELETE", `/users/${id(user)}/passkeys/${id(passkey)}`),

  unlinkUser: (user: string) => call<unknown>("DELETE", `/users/${id(user)}/identities`),

  invitations: () => get<InvitationView[]>("/invitations"),
  invite: (wanted: InvitationWanted) => call<NewInvitationView>("POST", "/invitations", wanted),
  revokeInvitation: (invitation: string) => call<unknown>("DELETE", `/invitations/${id(invitation)}`),
};
