// Spaces, rooms with rules, people and invitations, as faces/native answers; one space until a test makes another.

import { ROOMS, SPACE, uuid } from "./fleet.mjs";
import { need, Refusal } from "./refusal.mjs";

const DAY_NS = 86400e9;
const STANDARD = {
  agent_lifetime_s: 0,
  approval: "policy",
  require_second_factor: false,
  store: true,
  netdata_keep: { contexts: [], step_s: 10, since_s: 0 },
};

/** What stands at the start. */
export function people(nowNs) {
  const user = (name, role, change) => ({
    id: uuid(name),
    name,
    role,
    roles: role ? { [SPACE.id]: role } : {},
    room_roles: {},
    created_ns: nowNs - 78 * DAY_NS,
    disabled: false,
    require_passkey: false,
    has_password: true,
    passkeys: 0,
    providers: [],
    ...change,
  });
  return {
    spaces: [{ ...SPACE, settings: { ...STANDARD }, main: true }],
    rooms: ROOMS.map((room) => ({
      ...room,
      rule: room.name === "Storage" ? { labels: {}, hosts: ["pilot-*"], networks: [] } : null,
      agent_lifetime_s: room.name === "Edge" ? 43_200 : 0,
    })),
    users: [
      user("admin", "admin", { passkeys: 1 }),
      user("watch", "viewer", { created_ns: nowNs - 12 * DAY_NS }),
      user("ada", "editor", {
        created_ns: nowNs - 3 * DAY_NS,
        has_password: false,
        providers: ["Harbour SSO"],
        passkeys: 2,
      }),
      user("quay", null, {
        role: "viewer",
        room_roles: { [ROOMS[0].id]: "editor", [ROOMS[2].id]: "viewer" },
        disabled: true,
      }),
    ],
    invitations: [],
  };
}

const sized = (space, nodes) => ({
  ...space,
  role: "admin",
  nodes: nodes.filter((node) => node.space.id === space.id).length,
});

/** The spaces of a session. */
export const ofSession = (state) =>
  state.spaces.map(({ id, name }) => ({
    id,
    name,
    role: state.role === "room" ? null : state.role,
    rooms: state.role === "room" ? [{ id: ROOMS[0].id, name: ROOMS[0].name, role: "editor" }] : [],
  }));

export function spacePath([, id], method, body, state, nodes) {
  const list = state.spaces;
  if (method === "POST") {
    if (list.some((each) => each.name === body.name))
      throw new Refusal(409, "conflict", `another space is called ${body.name}`);
    list.push({
      id: uuid(`space ${body.name}`),
      name: body.name,
      settings: { ...STANDARD },
      main: false,
    });
    return sized(list.at(-1), nodes);
  }
  if (!id) return list.map((space) => ({ ...sized(space, nodes), role: ofSession(state)[0].role }));
  const space = need(
    list.find((each) => each.id === id),
    "space",
  );
  if (method === "PATCH") {
    if (body.name) space.name = body.name;
    Object.assign(space.settings, body.settings);
  }
  if (method === "DELETE") {
    if (sized(space, nodes).nodes) throw new Refusal(409, "conflict", "the space still holds nodes");
    state.spaces = list.filter((each) => each !== space);
    return null;
  }
  return sized(space, nodes);
}

export const fits = (rule, node) =>
  Boolean(rule) &&
  (rule.hosts.length > 0 || rule.networks.length > 0 || Object.keys(rule.labels).length > 0) &&
  Object.entries(rule.labels).every(([key, value]) => node.labels?.[key] === value) &&
  (!rule.hosts.length || rule.hosts.some((host) => pattern(host).test(node.name))) &&
  (!rule.networks.length || rule.networks.some((network) => lies(node.link.address, network)));

const pattern = (text) => new RegExp(`^${text.replace(/[.+^${}()|[\]\\]/g, "\\$&").replaceAll("*", ".*")}$`);
/** Whole bytes are enough for invented networks. */
const lies = (address, network) => {
  const [start, bits] = network.split("/");
  const bytes = Math.floor(Number(bits ?? 32) / 8);
  return (
    start.split(".").slice(0, bytes).join(".") === address.split(":")[0].split(".").slice(0, bytes).join(".")
  );
};

const checked = (rule) => {
  const wrong = rule?.networks.find((network) => !/^[\da-f.:]+(\/\d+)?$/.test(network));
  if (wrong) throw new Refusal(400, "bad_input", `not a network, such as 10.0.0.0/8 or fd00::/8: ${wrong}`);
  return rule;
};

export function roomPath([, id], method, body, state, nodes) {
  const members = (room) =>
    nodes.filter((node) => node.rooms.some((own) => own.id === room.id) || fits(room.rule, node)).length;
  const view = (room) => ({ ...room, nodes: members(room) });
  if (id === "preview")
    return nodes.filter((node) => fits(checked(body.rule), node)).map(({ id, name }) => ({ id, name }));
  if (method === "POST") {
    const space = state.spaces.find((each) => each.id === body.space) ?? state.spaces[0];
    const room = {
      id: uuid(`room ${body.name}`),
      name: body.name,
      space: { id: space.id, name: space.name },
      rule: checked(body.rule) ?? null,
      agent_lifetime_s: body.agent_lifetime_s ?? 0,
    };
    state.rooms.push(room);
    return view(room);
  }
  if (!id) return state.rooms.map(view);
  const room = need(
    state.rooms.find((each) => each.id === id),
    "room",
  );
  if (method === "PATCH") {
    checked(body.rule);
    Object.assign(room, body);
  }
  if (method === "DELETE") state.rooms = state.rooms.filter((each) => each.id !== id);
  for (const node of nodes)
    node.rooms = node.rooms
      .map((own) => state.rooms.find((each) => each.id === own.id))
      .filter(Boolean)
      .map(({ id, name }) => ({ id, name, by_rule: false }));
  return method === "DELETE" ? null : view(room);
}

const RANK = ["viewer", "editor", "admin"];
const merged = (known, change) =>
  Object.fromEntries(Object.entries({ ...known, ...change }).filter(([, role]) => role));

export function userPath([, id, what, key], method, body, state, nowNs) {
  if (method === "POST") {
    const { name, role, space, room_roles } = body;
    const user = {
      ...people(nowNs).users[1],
      id: uuid(name),
      name,
      role: role ?? "viewer",
      roles: role ? { [space || SPACE.id]: role } : {},
      room_roles: room_roles ?? {},
      created_ns: nowNs,
    };
    state.users.push(user);
    return user;
  }
  if (!id) return state.users;
  const user = need(
    state.users.find((each) => each.id === id),
    "user",
  );
  if (what === "passkeys") {
    if (method === "DELETE") user.passkeys -= 1;
    return key ? null : passkeysOf(user, nowNs);
  }
  if (what === "identities") {
    user.providers = [];
    return null;
  }
  if (method === "DELETE") state.users.splice(state.users.indexOf(user), 1);
  if (method === "PATCH") {
    const { roles = {}, room_roles = {}, password, ...rest } = body;
    Object.assign(user, rest, {
      roles: merged(user.roles, roles),
      room_roles: merged(user.room_roles, room_roles),
    });
    const all = [...Object.values(user.roles), ...Object.values(user.room_roles)];
    user.role = RANK[Math.max(0, ...all.map((role) => RANK.indexOf(role)))];
  }
  return user;
}

const passkeysOf = (user, nowNs) =>
  Array.from({ length: user.passkeys }, (_, index) => ({
    id: `passkey-${index}`,
    name: ["YubiKey on the key ring", "Laptop"][index] ?? "Passkey",
    domain: "hub.harbour.lan",
    created_ns: nowNs - 40 * DAY_NS,
    used_ns: index ? 0 : nowNs - 3600e9,
    synced: index > 0,
  }));

export function invitationPath([, id], method, body, state, nowNs) {
  if (method === "DELETE") {
    const found = need(
      state.invitations.find((each) => each.id === id),
      "invitation",
    );
    Object.assign(found, { revoked_ns: nowNs, state: "revoked" });
    return null;
  }
  if (method !== "POST") return state.invitations;
  const made = {
    id: uuid(`invitation ${body.name} ${state.invitations.length}`),
    name: body.name,
    roles: body.role ? { [body.space || SPACE.id]: body.role } : {},
    room_roles: body.room_roles ?? {},
    state: "open",
    created_ns: nowNs,
    expires_ns: nowNs + (body.ttl_s ?? 7 * 86400) * 1e9,
    created_by: "admin",
    used_ns: 0,
    revoked_ns: 0,
  };
  state.invitations.unshift(made);
  return { ...made, link: "https://hub.harbour.lan:8440/invitation#mui1_YW4gaW52ZW50ZWQgb25l" };
}
