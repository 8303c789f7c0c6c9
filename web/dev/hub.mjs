// A hub that invents everything: the HTTP and WebSocket contract with moving data, for developing and for browser tests.
//   node dev/hub.mjs [--port 8790] [--nodes 16] [--now 2026-11-20T21:14:00] [--arrive 6] [--netdata 1]
// Sign in as admin with the password "harbour". /mock/* lets a test steer it.

import { createServer } from "node:http";
import { account, apiTokens, session } from "./account.mjs";
import { serveAsset } from "./assets.mjs";
import { auditPath, chained } from "./audit.mjs";
import { authority, caPath, trustOf } from "./authority.mjs";
import { backupPath, backups } from "./backups.mjs";
import { boardPath, boards, influxPath, promPath, publicPath } from "./dashboards.mjs";
import { fleet, history, nodeOf, SPACE, uuid } from "./fleet.mjs";
import { airGap, approvalPath, claim, clonePath, connect, copy, joining, queueOf } from "./joining.mjs";
import { netdataNodes, netdataPath } from "./netdata.mjs";
import { invitationPath, people, roomPath, spacePath, userPath } from "./people.mjs";
import { pkiPath, services } from "./pki.mjs";
import { policy, policyPath } from "./policy.mjs";
import { probePath, probes } from "./probes.mjs";
import { answer, offers, sparks, stepOf, summary } from "./queries.mjs";
import { need, Refusal } from "./refusal.mjs";
import { accept } from "./websocket.mjs";

const options = Object.fromEntries(
  process.argv
    .slice(2)
    .join(" ")
    .split("--")
    .filter(Boolean)
    .map((pair) => pair.trim().split(/[ =]/)),
);
const port = Number(options.port ?? 8790);
const offsetMs = options.now ? new Date(options.now).getTime() - Date.now() : 0;
const arriveS = Number(options.arrive ?? 6); // a machine joins this long after a token was made; 0: never
let laterMs = 0; // by so much a test has moved the time on
const nowMs = () => Date.now() + offsetMs + laterMs;
const nowNs = () => nowMs() * 1e6;
const nowS = () => nowMs() / 1000;

const state = {
  nodes: new Map(),
  tokens: [],
  ...account(nowNs()),
  ...people(nowNs()),
  ...authority(nowNs()),
  ...services(nowNs()),
  ...backups(nowNs()),
  ...policy(),
  ...probes(),
  ...boards(),
  fail: [],
  refuseLive: 0, // so many live connections are refused
  nobodyJoins: false, // by a token's line, until the next reset
  netdataAsked: 0, // how often a chart asked an agent
};
for (const node of fleet(Number(options.nodes ?? 16), nowNs())) state.nodes.set(node.id, node);
if (options.netdata) for (const node of netdataNodes(nowNs())) state.nodes.set(node.id, node);
Object.assign(state, joining(nowNs(), state.nodes));
const audit = [];
const clients = new Set();
const timers = new Set();
const later = (ms, deed) => timers.add(setTimeout(deed, ms));
const note = (action, object, outcome = "ok") =>
  audit.unshift(
    chained(audit[0], {
      time_ns: nowNs(),
      actor: "admin",
      action,
      object,
      address: "10.20.1.4",
      outcome,
      detail: "",
      space: SPACE.id,
    }),
  );
note("session.create", "admin");

const view = ({ numbers, disks, interfaces, gap, firstS, ...node }) => node;
const broadcast = (message) => {
  for (const client of clients) if (client.nodes) client.send(message);
};

/** A container that was made anew where the values have their gap; an older boot of the others' machines. */
function marksOf({ gap, facts }) {
  const mark = (s, kind, starts, text) => ({ time_ns: Math.round(s) * 1e9, kinds: [kind], starts, text });
  if (gap) return [mark(gap[1], "recreated", 2, "container recreated (2 starts)")];
  return [mark(facts.boot_time_ns / 1e9, "rebooted", 1, "machine rebooted")];
}

/** Every machine here runs with the level "debug", and with defaults else. */
function compared(config) {
  const set = /^log_level = "debug"$/m.test(config);
  const other = { there: set ? "debug" : "info", there_default: !set };
  return set ? [] : [{ key: "log_level", here: "debug", here_default: false, ...other }];
}

const TOLD = { marks: marksOf, settings: (_, { config }) => compared(config) };
const ofNode = (at, method, body) =>
  TOLD[at[2]]?.(need(state.nodes.get(at[1]), "node"), body) ?? nodePath(at, method, body);

function nodePath([, id, deed], method, body) {
  const node = need(state.nodes.get(id), "node");
  if (deed === "revoke") {
    Object.assign(node, { state: "revoked", revoked_ns: nowNs(), revoked_reason: body.reason });
    note("node.revoke", node.name);
  } else if (method === "PATCH") {
    if (body.name && [...state.nodes.values()].some((each) => each.name === body.name && each.id !== id))
      throw new Refusal(409, "name_taken", `another node is called ${body.name}`);
    if (body.name) node.name = body.name;
    if (body.labels) node.labels = body.labels;
    if (body.ephemeral_s !== undefined) node.ephemeral_s = body.ephemeral_s;
    if (body.rooms)
      node.rooms = state.rooms
        .filter((room) => body.rooms.includes(room.id))
        .map(({ id, name }) => ({ id, name }));
    note("node.edit", node.name);
  } else if (method === "DELETE") {
    state.nodes.delete(id);
    broadcast({ gone: id });
    note("node.remove", node.name);
    return null;
  }
  if (method !== "GET") broadcast({ node: view(node) });
  return { ...view(node), credentials: history(node.credential, 156) };
}

function tokenPath([, id], method, body) {
  if (method === "POST") return makeToken(body);
  const view = (token) => ({ ...token, rooms: state.rooms.filter((room) => token.rooms.includes(room.id)) });
  if (!id) return state.tokens.map(view);
  const token = need(
    state.tokens.find((each) => each.id === id),
    "token",
  );
  if (method === "DELETE") {
    token.revoked_ns = nowNs();
    note("token.revoke", `mst1.${id}`);
    return null;
  }
  return view(token);
}

function makeToken({ rooms, ttl_s, uses, description, ...limits }) {
  const id = uuid(`token ${state.tokens.length}`).replaceAll("-", "").slice(0, 16);
  const token = {
    id,
    space: SPACE.id,
    rooms,
    created_ns: nowNs(),
    expires_ns: nowNs() + ttl_s * 1e9,
    uses,
    used: 0,
    revoked_ns: 0,
    created_by: "admin",
    description,
    labels: limits.labels ?? {},
    networks: limits.networks ?? [],
    hosts: limits.hosts ?? [],
    per_hour: limits.per_hour ?? 0,
    ephemeral_s: limits.ephemeral_s ?? 0,
    nodes: [],
  };
  state.tokens.unshift(token);
  note("token.create", `mst1.${id}`);
  if (arriveS && !state.nobodyJoins) later(arriveS * 1000, () => arrive(token));
  const ours = `mst1.${id}.Vt0yLr2mXz8Kc4PnQ7wE5a.aHViLmhhcmJvdXIubGFuOjg0NDI.9F2C41D708BE63A1D05F7C921E48B3F6.e1b6`;
  const text = limits.environment?.startsWith("netdata")
    ? `mnt1${id}`.padEnd(135, "Vt0yLr2mXz8Kc4PnQ7wE5a-_")
    : ours;
  return {
    id,
    token: text,
    expires_ns: token.expires_ns,
    uses,
    command: `printf %s ${text} | muster agent claim --token-file - && muster agent run`,
  };
}

/** A machine joins: claimed, linked 1.3 s later, values a second after that. */
function arrive(token) {
  const number = state.nodes.size - 12;
  const node = nodeOf(
    [
      "pending",
      `quay-0${number}`,
      "Debian GNU/Linux 13 (trixie)",
      4,
      8,
      [],
      9,
      22,
      27,
      "/",
      0.4,
      0.2,
      0,
      { created: 0 },
    ],
    nowNs(),
  );
  node.rooms = state.rooms
    .filter((room) => token.rooms.includes(room.id))
    .map(({ id, name }) => ({ id, name }));
  state.nodes.set(node.id, node);
  token.used += 1;
  token.nodes.push({ id: node.id, name: node.name, claimed_ns: nowNs() });
  broadcast({ node: view(node) });
  note("node.claim", node.name);
  later(1300, () => {
    Object.assign(node, { state: "live", last_seen_ns: nowNs(), firstS: nowS() + 1 });
    Object.assign(node.link, {
      since_ns: nowNs(),
      address: "10.20.1.33:50122",
      tls: "TLSv1.3",
      round_trip_ms: 0.6,
    });
    node.credential.state = "active";
    broadcast({ node: view(node) });
  });
}

function pulse() {
  const live = [...state.nodes.values()].filter((node) => node.state === "live").length;
  return {
    ingest_values_s: live * 160 + 40 * Math.sin(nowS() / 5),
    ingest_batches_total: 5e8,
    ingest_duplicates_total: 12,
    ingest_skewed_rows_total: 0,
    ingest_dropped_total: { live: 0 },
    journal_sync_ms: 0.4 + 0.1 * Math.sin(nowS()),
    journal_waiting: 0,
    disk_used_percent: 38,
    links: live,
    series: live * 412,
    uptime_s: 7e6,
    version: "0.1.0",
    state: "ok",
    reason: "",
  };
}

function named(all, query) {
  const ids = (query.get("nodes") ?? "").split(",").filter(Boolean);
  return ids.length ? all.filter((node) => ids.includes(node.id)) : all;
}

function pageOf(all, query) {
  const after = query.get("after") ?? "";
  const ordered = all.filter((node) => node.id > after).sort((a, b) => (a.id < b.id ? -1 : 1));
  return ordered.slice(0, Number(query.get("limit") ?? ordered.length));
}

function route(method, url, body, headers) {
  const parts = url.pathname.split("/").slice(1);
  const at = parts.slice(2);
  if (at[0] === "session") return session(at, method, body, state);
  if (at[0] === "health") return { ok: true };
  if (at[0] === "signin") return state.signin;
  if (at[0] === "trust") return trustOf(state);
  if (at[0] === "public") return publicPath(at, body, state, headers, [...state.nodes.values()], nowS());
  if (!state.signedIn) throw new Refusal(401, "unauthenticated", "not signed in");
  const all = [...state.nodes.values()];
  const query = url.searchParams;
  switch (at[0]) {
    case "nodes":
      if (at[1] === "spark")
        return sparks(named(all, query), nowS(), Number(query.get("window_s")), Number(query.get("points")));
      if (at[2] === "netdata") return netdataPath(at, method, body, query, state, Math.floor(nowS()));
      return at[1] ? ofNode(at, method, body) : pageOf(all, query).map(view);
    case "rooms":
      return roomPath(at, method, body, state, all);
    case "spaces":
      return ofSpace(at, method, body, headers, all);
    case "invitations":
      return invitationPath(at, method, body, state, nowNs());
    case "tokens":
      return tokenPath(at, method, body);
    case "connect":
      return connect(method, body, state, makeToken);
    case "approvals":
      return approvalPath(at, method, body, state, query, nowNs(), admit);
    case "policy":
      return policyPath(at, body, state);
    case "air-gap":
      return airGap(at, body, nowNs(), admit);
    case "clones":
      return clonePath(at, method, body, state, state.nodes);
    case "passkeys":
      return state.passkeys;
    case "api-tokens":
      return apiTokens(at, method, body, state, nowNs());
    case "users":
      return userPath(at, method, body, state, nowNs());
    case "audit":
      return auditPath(at, query, audit);
    case "pki":
      return pkiPath(at, method, body, state, nowNs());
    case "backups":
      return backupPath(at, method, state, nowNs());
    case "ca":
      return caPath(at, method, body, state, all, nowNs());
    case "hub":
      return pulse();
    case "series":
      return offers(need(state.nodes.get(query.get("node")), "node"));
    case "query": {
      const [from, to] = [body.start_ns / 1e9, body.end_ns / 1e9];
      return answer(all, body, from, Math.min(to, nowS()), stepOf(body, to - from));
    }
    default:
      throw new Refusal(404, "not_found", `no such path ${url.pathname}`);
  }
}

function ofSpace(at, method, body, headers, all) {
  if (at[2] === "probes") return probePath(at, method, body, state);
  if (at[2] === "dashboards") return boardPath(at, method, body, state, headers, nowNs());
  if (at[2] === "prometheus") return promPath(at, all);
  if (at[2] === "influx") return influxPath(at, body, state, all, nowS());
  return spacePath(at, method, body, state, all);
}

/** Steering for tests: fail calls, drop links, change states, see what is watched. */
function mock(url, body) {
  const deeds = {
    "/mock/fail": () => state.fail.push(body),
    "/mock/fail-live": () => {
      state.refuseLive = body.times;
    },
    "/mock/drop": () => {
      for (const client of clients) client.close();
    },
    "/mock/sign-out": () => {
      state.signedIn = false;
    },
    "/mock/account": () => Object.assign(state, body),
    "/mock/ca": () => Object.assign(state.ca, body),
    "/mock/forge": () => {
      audit.at(-1).actor = "nobody";
    },
    "/mock/arrive": () => arrive(state.tokens[0]),
    "/mock/later": () => {
      laterMs += body.seconds * 1000;
    },
    "/mock/nobody-joins": () => {
      state.nobodyJoins = true;
    },
    "/mock/knock": () => state.claims.unshift(claim(body.name, nowNs(), body.change ?? {})),
    "/mock/nobody-waits": () => {
      state.claims = [];
    },
    "/mock/copy": () => {
      const node = [...state.nodes.values()].find((each) => each.name === body.name);
      state.clones.push(copy(node, nowNs()));
      broadcast({ node: view(node) });
    },
    "/mock/node": () => {
      const node = [...state.nodes.values()].find((each) => each.name === body.name);
      Object.assign(node, body.change);
      broadcast({ node: view(node) });
    },
    "/mock/netdata": () => {
      for (const node of netdataNodes(nowNs())) {
        state.nodes.set(node.id, node);
        broadcast({ node: view(node) });
      }
    },
    "/mock/netdata-asked": () => ({ asked: state.netdataAsked }),
    "/mock/slow": () => {
      state.slow = body;
    },
    "/mock/board-saved": () => {
      state.boards.get(body.id).etag += "9";
    },
    "/mock/panels-asked": () => state.panelsAsked,
    "/mock/watched": () =>
      [...clients].flatMap((client) => [...client.watches.values()].map(({ query }) => query)),
    "/mock/reset": () => {
      for (const timer of timers) clearTimeout(timer);
      timers.clear();
      laterMs = 0;
      audit.length = 0;
      note("session.create", "admin");
      Object.assign(state, {
        ...account(nowNs()),
        ...people(nowNs()),
        ...authority(nowNs()),
        ...services(nowNs()),
        ...backups(nowNs()),
        ...policy(),
        ...probes(),
        ...boards(),
        panelsAsked: [],
        slow: null,
        fail: [],
        tokens: [],
        nobodyJoins: false,
        refuseLive: 0,
        netdataAsked: 0,
      });
      state.nodes.clear();
      for (const node of fleet(Number(body.nodes ?? options.nodes ?? 16), nowNs()))
        state.nodes.set(node.id, node);
      Object.assign(state, joining(nowNs(), state.nodes));
    },
  };
  return deeds[url.pathname]?.() ?? { ok: true };
}

async function bodyOf(request) {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  return chunks.length ? JSON.parse(Buffer.concat(chunks)) : {};
}

const server = createServer(async (request, response) => {
  const url = new URL(request.url, "http://localhost");
  const send = (status, value) =>
    response
      .writeHead(status, { "Content-Type": "application/json" })
      .end(value === null ? "" : JSON.stringify(value));
  if (!/^\/(api|mock)\//.test(url.pathname)) return serveAsset(url.pathname, request, response);
  try {
    const body = await bodyOf(request);
    if (url.pathname.startsWith("/mock/")) return send(200, mock(url, body));
    const failing = state.fail.find((each) => url.pathname.includes(each.path) && each.times !== 0);
    if (failing) {
      failing.times -= 1;
      throw new Refusal(
        failing.status ?? 503,
        failing.code ?? "unavailable",
        failing.text ?? "the series store does not answer",
      );
    }
    // A question that holds these words is answered only after a while.
    if (state.slow && JSON.stringify(body).includes(state.slow.words))
      await new Promise((resolve) => setTimeout(resolve, state.slow.ms));
    const value = route(request.method, url, body, request.headers);
    send(value === null ? 204 : 200, value);
  } catch (error) {
    send(error.status ?? 500, { error: { code: error.code ?? "internal", text: error.message } });
  }
});

server.on("upgrade", (request, socket) => {
  if (!state.signedIn) return socket.end("HTTP/1.1 401 Unauthorized\r\n\r\n");
  if (state.refuseLive > 0) {
    state.refuseLive -= 1;
    return socket.end("HTTP/1.1 503 Service Unavailable\r\n\r\n");
  }
  const client = { nodes: false, hub: false, watches: new Map() };
  const link = accept(request, socket, {
    onText: (text) => heard(client, JSON.parse(text)),
    onClose: () => clients.delete(client),
  });
  Object.assign(client, link);
  clients.add(client);
});

function heard(client, message) {
  if (message.nodes) client.nodes = true;
  if (message.hub) client.hub = true;
  if (message.approvals) client.approvals = "";
  if (message.unwatch) client.watches.delete(message.unwatch);
  if (!message.watch) return;
  const { watch, query, window_s: windowS } = message;
  const step = stepOf(query, windowS);
  const to = Math.floor(nowS());
  client.watches.set(watch, { query, step, last: to });
  client.send({
    watch,
    reset: true,
    frame: answer([...state.nodes.values()], query, to - windowS, to, step),
  });
}

/** Who waits is told when it changes. */
function tellQueue(client) {
  const told = JSON.stringify(queueOf(state));
  if (client.approvals === undefined || client.approvals === told) return;
  client.approvals = told;
  client.send({ approvals: queueOf(state) });
}

/** One that waited becomes a node. */
function admit(waited) {
  const node = nodeOf(
    ["pending", waited.name, waited.facts.os, 4, 8, [], 0, 0, 0, "/", 0, 0, 0, { created: 0 }],
    nowNs(),
  );
  if (waited.into?.length)
    node.rooms = state.rooms
      .filter((room) => waited.into.includes(room.id))
      .map(({ id, name }) => ({ id, name }));
  state.nodes.set(node.id, node);
  broadcast({ node: view(node) });
  return node.id;
}

setInterval(() => {
  for (const node of state.nodes.values()) if (node.state === "live") node.last_seen_ns = nowNs();
  const t = Math.floor(nowS());
  const all = [...state.nodes.values()];
  const summaries = all.map((node) => summary(node, t));
  for (const client of clients) {
    if (client.nodes) client.send({ t: nowNs(), nodes: summaries });
    if (client.hub) client.send({ hub: pulse() });
    tellQueue(client);
    for (const [watch, held] of client.watches) {
      client.send({ watch, reset: false, frame: answer(all, held.query, held.last, t, held.step) });
      held.last = t;
    }
  }
}, 1000);

server.listen(port, "127.0.0.1", () =>
  console.log(JSON.stringify({ ready: true, web: `http://localhost:${server.address().port}` })),
);
