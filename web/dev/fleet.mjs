// The invented fleet: sixteen nodes in all states, or as many as one asks for.

import { hash } from "./metrics.mjs";

const S = 1e9;
const H = 3600 * S;
const GIB = 2 ** 30;

export const SPACE = { id: "5f6d3f2a-0000-4000-8000-000000000001", name: "Harbour Lab" };
export const ROOMS = ["Edge", "Storage", "Lab", "Containers", "Workstations"].map((name, index) => ({
  id: `7a1c0000-0000-4000-8000-00000000000${index}`,
  name,
  space: SPACE,
}));
const room = (...names) =>
  ROOMS.filter((each) => names.includes(each.name)).map(({ id, name }) => ({ id, name }));

// [state, name, os, cores, GiB, rooms, cpu, memory, disk, path, rx MB/s, tx MB/s, share of the credential's life gone, more]
const NODES = [
  [
    "offline",
    "winch-plc",
    "Alpine Linux v3.22",
    2,
    1,
    ["Edge"],
    0,
    0,
    0,
    "/",
    0,
    0,
    0.83,
    { seen: 3.2 * 3600, ended: "TCP to the hub was refused; the agent had said nothing before" },
  ],
  [
    "stale",
    "tide-gauge-3",
    "Debian GNU/Linux 13 (trixie)",
    4,
    4,
    ["Edge"],
    12,
    38,
    44,
    "/",
    0.02,
    0.01,
    0.38,
    {
      seen: 22,
      cause: "Connected, but no values for 22 s; due every second. On the machine: muster agent status",
    },
  ],
  [
    "live",
    "pilot-db",
    "Debian GNU/Linux 13 (trixie)",
    8,
    32,
    ["Containers", "Lab"],
    74,
    82,
    96,
    "/var/lib/pg",
    8.4,
    31,
    0.12,
    { gap: true },
  ],
  ["live", "store-a", "Ubuntu 24.04.3 LTS", 16, 64, ["Storage"], 9, 57, 99, "/srv/archive", 112, 4, 0.07],
  [
    "live",
    "breakwater",
    "Debian GNU/Linux 12 (bookworm)",
    4,
    8,
    ["Edge"],
    18,
    33,
    21,
    "/overlay",
    84,
    46,
    0.45,
  ],
  [
    "live",
    "bench-gpu",
    "Fedora Linux 43 (Server Edition)",
    32,
    128,
    ["Lab"],
    91,
    64,
    71,
    "/scratch",
    0.6,
    0.4,
    0.2,
  ],
  [
    "live",
    "lighthouse",
    "Debian GNU/Linux 13 (trixie)",
    8,
    16,
    ["Lab"],
    14,
    38,
    49,
    "/home",
    41,
    12,
    0.03,
    { local: true },
  ],
  ["live", "quay-01", "Debian GNU/Linux 13 (trixie)", 4, 8, ["Edge", "Lab"], 6, 29, 33, "/", 1.2, 0.3, 0.12],
  ["live", "quay-02", "Debian GNU/Linux 13 (trixie)", 4, 8, ["Edge", "Lab"], 5, 31, 34, "/", 0.9, 0.3, 0.29],
  [
    "live",
    "quay-02-2",
    "Debian GNU/Linux 13 (trixie)",
    4,
    8,
    ["Lab"],
    4,
    27,
    31,
    "/",
    0.5,
    0.2,
    0.31,
    { renamed: "quay-02" },
  ],
  [
    "live",
    "store-b",
    "Rocky Linux 10.1 (Red Quartz)",
    16,
    64,
    ["Storage"],
    11,
    48,
    69,
    "/srv/backup",
    6.2,
    58,
    0.12,
  ],
  ["live", "ws-drawing", "Arch Linux", 12, 32, ["Workstations"], 27, 52, 58, "/home", 3.3, 0.7, 0.4],
  [
    "live",
    "ws-chart",
    "Debian GNU/Linux 13 (trixie)",
    8,
    16,
    ["Workstations"],
    31,
    61,
    55,
    "/home",
    1.1,
    0.4,
    0.66,
  ],
  [
    "pending",
    "loft-nas",
    "Debian GNU/Linux 12 (bookworm)",
    4,
    8,
    ["Storage"],
    0,
    0,
    0,
    "/",
    0,
    0,
    0.01,
    { created: 360 },
  ],
  [
    "pending",
    "web-01",
    "Debian GNU/Linux 13 (trixie)",
    4,
    8,
    ["Containers"],
    0,
    0,
    0,
    "/",
    0,
    0,
    0.01,
    { created: 240 },
  ],
  [
    "revoked",
    "old-ferry",
    "CentOS Stream 9",
    2,
    4,
    ["Edge"],
    0,
    0,
    0,
    "/",
    0,
    0,
    1,
    { seen: 12 * 86400, reason: "decommissioned" },
  ],
];

const hex = (text, length) => {
  let out = "";
  for (let index = 0; out.length < length; index += 1)
    out += Math.floor(hash(`${text} ${index}`) * 65536)
      .toString(16)
      .padStart(4, "0");
  return out.slice(0, length);
};

export function uuid(text) {
  const h = hex(text, 32);
  return `${h.slice(0, 8)}-${h.slice(8, 12)}-4${h.slice(13, 16)}-a${h.slice(17, 20)}-${h.slice(20)}`;
}

export function fleet(count, nowNs) {
  const rows = count <= NODES.length ? NODES.slice(0, count) : [...NODES, ...many(count - NODES.length)];
  return rows.map((row) => nodeOf(row, nowNs));
}

/** More of the same, mostly well. */
function many(count) {
  return Array.from({ length: count }, (_, index) => {
    const r = (what) => hash(`${what} ${index}`);
    const state = r("state") < 0.955 ? "live" : r("kind") < 0.5 ? "offline" : "stale";
    const name = `node-${String(index + 1).padStart(4, "0")}`;
    return [
      state,
      name,
      "Debian GNU/Linux 13 (trixie)",
      4,
      8,
      [ROOMS[index % 5].name],
      r("cpu") * 60,
      20 + r("mem") * 55,
      10 + r("disk") * 70,
      "/",
      r("rx") * 8,
      r("tx") * 3,
      r("life") * 0.5,
      state === "offline" ? { seen: 600 + r("seen") * 9000, ended: "the link ended without goodbye" } : {},
    ];
  });
}

export function nodeOf(row, nowNs) {
  const [state, name, os, cores, gib, rooms, cpu, memory, disk, path, rx, tx, gone, more = {}] = row;
  const id = uuid(name);
  const seen = state === "pending" ? 0 : nowNs - (more.seen ?? 0) * S;
  return {
    id,
    name,
    space: SPACE,
    rooms: room(...rooms),
    labels: { site: rooms.includes("Storage") ? "loft" : "quay", ...(cores > 8 ? { role: "heavy" } : {}) },
    ephemeral_s: name === "quay-02-2" ? 7200 : 0,
    clone: null,
    state,
    cause: more.cause ?? "",
    renamed_from: more.renamed ?? "",
    created_ns: nowNs - (more.created ?? 78 * 86400) * S,
    last_seen_ns: seen,
    revoked_ns: state === "revoked" ? seen : 0,
    revoked_reason: more.reason ?? "",
    local: more.local ?? false,
    facts: factsOf(more.renamed ?? name, os, cores, gib, nowNs),
    link: linkOf(name, state, seen, more, nowNs),
    credential: credentialOf(id, name, state, nowNs - gone * 24 * H),
    // What the mock alone knows:
    numbers: { cpu, memory, disk, path, rx: rx * 1e6, tx: tx * 1e6, cores },
    disks: cores > 8 ? ["nvme0n1", "nvme1n1"] : ["nvme0n1"],
    interfaces: ["eth0"],
    gap: more.gap ? [nowNs / S - 510, nowNs / S - 330] : null,
  };
}

const factsOf = (hostname, os, cores, gib, nowNs) => ({
  hostname,
  os,
  kernel: "6.12.48",
  architecture: "x86_64",
  cores,
  memory_bytes: Math.round(gib * GIB * 0.978),
  boot_id: uuid(`${hostname} boot`),
  boot_time_ns: nowNs - (3 + 60 * hash(hostname)) * 86400 * S,
  agent_version: "0.1.0",
  compiled: true,
  volatile_state: false,
});

function linkOf(name, state, seen, more, nowNs) {
  const waiting = state === "pending";
  const up = state === "live" || state === "stale";
  const upSince = nowNs - (more.gap ? 330 * S : (1 + 400 * hash(name)) * 3600 * S);
  const address = `10.20.${3 + Math.floor(hash(name) * 4)}.${10 + Math.floor(hash(`${name}a`) * 200)}`;
  return {
    dialect: "muster",
    mode: "persistent",
    address: waiting ? "" : `${address}:${40000 + Math.floor(hash(name) * 20000)}`,
    tls: waiting ? "" : "TLSv1.3",
    since_ns: waiting ? 0 : up ? upSince : seen - 9 * H,
    last_seen_ns: seen,
    round_trip_ms: up ? 0.4 + hash(name) : 0,
    unsent: state === "stale" ? 1840 : 0,
    clock_skew_s: 0,
    warning: "",
    ended: up || waiting ? "" : (more.ended ?? "revoked"),
    via: "",
    state_since_ns: 0,
  };
}

const credentialOf = (node, name, state, issued) => ({
  serial: hex(`${name} serial`, 32),
  node,
  sha256: hex(`${name} certificate`, 64),
  key_sha256: hex(`${name} key`, 64),
  issuer: "Muster Agents CA",
  not_before_ns: issued,
  not_after_ns: issued + 24 * H,
  renew_ns: issued + 12 * H,
  state: { pending: "next", revoked: "revoked" }[state] ?? "active",
});

export function history(credential, count) {
  if (!credential) return [];
  return Array.from({ length: count }, (_, index) => ({
    ...credential,
    serial: index ? hex(`${credential.serial} ${index}`, 32) : credential.serial,
    not_before_ns: credential.not_before_ns - index * 12 * H,
    not_after_ns: credential.not_after_ns - index * 12 * H,
    state: index ? "retired" : credential.state,
  }));
}
