// Who is signed in, their password and API tokens, as core/people/accounts.py and core/people/apitokens.py answer.

import { SPACE, uuid } from "./fleet.mjs";
import { ofSession } from "./people.mjs";
import { need, Refusal } from "./refusal.mjs";

const NAME = "admin";
const PASSWORD = "harbour";
const ROLES = ["viewer", "editor", "admin"];
const YEAR_S = 365 * 86400;
const DAY_NS = 86400e9;

/** The standard account; a test changes its parts by /mock/account. */
export function account(nowNs) {
  return {
    signedIn: true,
    signin: { providers: [], passkeys: "" },
    passkeys: { passkeys: [], required: false, needed: false, obstacle: "" },
    ways: { has_password: true, identities: [], providers: [] },
    password: PASSWORD,
    role: "admin",
    apiTokens: [
      token("laptop", { created_ns: nowNs - 20 * DAY_NS, used_ns: nowNs - 240e9 }),
      token("night backup", { role: "viewer", created_ns: nowNs - 84 * DAY_NS }),
      token("old script", { created_ns: nowNs - 40 * DAY_NS, revoked_ns: nowNs - 9 * DAY_NS }),
      token("wall screen", { user: "watch", role: "viewer", created_ns: nowNs - 3 * DAY_NS }),
    ],
  };
}

const token = (name, { created_ns, ...change }) => ({
  id: idOf(`api ${name}`),
  name,
  user: NAME,
  role: "admin",
  created_ns,
  expires_ns: created_ns + 90 * DAY_NS,
  used_ns: 0,
  revoked_ns: 0,
  actions: [],
  spaces: [],
  rooms: [],
  ...change,
});

/** 16 of base32, as the hub makes them. */
const idOf = (text) =>
  [...uuid(text).replaceAll("-", "").slice(0, 16)]
    .map((digit) => "abcdefghijklmnop"[Number.parseInt(digit, 16)])
    .join("");

export function session([, deed, key], method, body, state) {
  if (deed === "password") return changePassword(body, state);
  if (deed === "ways") return method === "GET" ? state.ways : null;
  if (deed === "first-password") {
    state.ways.has_password = true;
    return null;
  }
  if (deed === "identities") {
    state.ways.identities = state.ways.identities.filter((each) => each.id !== key);
    return null;
  }
  if (method === "POST") {
    if (body.password !== state.password)
      throw new Refusal(401, "unauthenticated", "name or password is wrong");
    state.signedIn = true;
  }
  if (method === "DELETE") {
    state.signedIn = false;
    return null;
  }
  if (!state.signedIn) throw new Refusal(401, "unauthenticated", "not signed in");
  return {
    user: { name: NAME, role: state.role },
    space: SPACE,
    spaces: ofSession(state),
    hub: { name: "hub.harbour.lan", version: "0.1.0", id: uuid("hub") },
  };
}

function changePassword(body, state) {
  if (!state.signedIn) throw new Refusal(401, "unauthenticated", "not signed in; sign in first");
  if (body.old !== state.password) throw new Refusal(403, "denied", "the old password is wrong");
  if (body.new.length < 10 || body.new.length > 256)
    throw new Refusal(400, "bad_input", "a password has 10 to 256 characters");
  Object.assign(state, { password: body.new, signedIn: false });
  return null;
}

export function apiTokens([, id], method, body, state, nowNs) {
  if (method === "POST") return make(body, state, nowNs);
  if (method === "DELETE") {
    need(
      state.apiTokens.find((each) => each.id === id && sees(each, state)),
      "API token",
    ).revoked_ns = nowNs;
    return null;
  }
  return state.apiTokens
    .filter((each) => sees(each, state))
    .map((each) => ({ ...each, state: stateOf(each, nowNs) }));
}

const sees = (each, state) => each.user === NAME || state.role === "admin";
const stateOf = (each, nowNs) =>
  each.revoked_ns ? "revoked" : nowNs < each.expires_ns ? "valid" : "expired";

function make({ name = "", role, ttl_s = 90 * 86400, actions = [], spaces = [], rooms = [] }, state, nowNs) {
  const wanted = role ?? state.role;
  if (ROLES.indexOf(wanted) > ROLES.indexOf(state.role))
    throw new Refusal(403, "denied", `a token is at most what its owner is: ${state.role}, not ${wanted}`);
  if (!(ttl_s > 0 && ttl_s <= YEAR_S))
    throw new Refusal(400, "bad_input", `ttl_s is more than 0 and at most a year: ${ttl_s}`);
  const made = {
    ...token(name, { created_ns: nowNs, role: wanted, actions, spaces, rooms }),
    id: idOf(`api ${name} ${state.apiTokens.length}`),
    expires_ns: nowNs + ttl_s * 1e9,
  };
  state.apiTokens.unshift(made);
  const { id, user, expires_ns } = made;
  return {
    id,
    token: "mat1_YW4gaW52ZW50ZWQgdG9rZW4gb2Ygbm8gaHViIGF0IGEe6kjnma",
    name,
    user,
    role: wanted,
    expires_ns,
  };
}
