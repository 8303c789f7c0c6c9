// Backups of the hub, as hub/backups/lane.py answers; one that is made takes as many looks as there are steps.

import { need, Refusal } from "./refusal.mjs";

const DAY_NS = 86400e9;
const STEPS = ["waiting for the writer", "packing", "verifying"];
const CONTENTS = {
  series: 48_300_112,
  journal: 4_194_304,
  "records.sqlite": 385_024,
  "catalogue.sqlite": 1_212_416,
  ca: 2_954,
  dashboards: 8_120,
};

const nameAt = (ns) => `muster-${new Date(ns / 1e6).toISOString().slice(0, 19).replace(/:/g, "")}Z.tar.zst`;

const backup = (ns, change = {}) => ({
  name: nameAt(ns),
  bytes: 31_457_280,
  time_ns: ns,
  by: "admin",
  planned: false,
  checked_ns: ns + 9e9,
  fault: "",
  sha256: "ab".repeat(32),
  hub: "6d63a941-1408-47b1-b3f1-ff7feda16a92",
  version: "0.1.0",
  rows: 18_420_113,
  files: 212,
  contents: CONTENTS,
  ...change,
});

const UNREAD = { by: "", checked_ns: 0, sha256: "", hub: "", version: "", rows: 0, files: 0, contents: {} };

export const backups = (nowNs) => ({
  backups: [
    backup(nowNs - 0.4 * DAY_NS, { by: "hub", planned: true }),
    backup(nowNs - 1.4 * DAY_NS, { by: "hub", planned: true }),
    backup(nowNs - 9 * DAY_NS, { fault: "'series/floats/1_1_1_0/data.bin' is not what the manifest says" }),
    { ...backup(nowNs - 40 * DAY_NS), ...UNREAD, name: "before-the-move.tar.zst" },
  ],
  backupRun: null,
  backupFailed: null,
  backupSpace: true, // false: the next one fails
  backupHeld: false, // true: one that is made stays at its last step
});

export function backupPath([, name, deed], method, state, nowNs) {
  if (method === "GET") return look(state, nowNs);
  if (method === "DELETE") {
    need(
      state.backups.find((each) => each.name === name),
      "backup",
    );
    state.backups = state.backups.filter((each) => each.name !== name);
    return {};
  }
  if (state.backupRun)
    throw new Refusal(409, "conflict", `${state.backupRun.name} is being made: wait for its end`);
  const found =
    deed &&
    need(
      state.backups.find((each) => each.name === name),
      "backup",
    );
  state.backupFailed = null;
  state.backupRun = { deed: deed ?? "create", name: found?.name ?? nameAt(nowNs), at: 0, ns: nowNs };
  return runOf(state.backupRun);
}

const runOf = ({ deed, name, at }) => ({
  deed,
  name,
  text: deed === "create" ? STEPS[at] : "reading it",
  done_bytes: at * 18e6,
  total_bytes: 54_102_930,
});

function look(state, nowNs) {
  const run = state.backupRun;
  const view = {
    folder: "/var/lib/muster/backups",
    free_bytes: 61_740_826_624,
    most: 100,
    every_s: 86_400,
    keep: 7,
    next_ns: nowNs + 0.6 * DAY_NS,
    refusal: "",
    run: run && runOf(run),
    failed: state.backupFailed,
    backups: state.backups,
  };
  const holds = state.backupHeld && run?.at === STEPS.length - 1;
  if (run && !holds && ++run.at === STEPS.length) ended(state, run, nowNs);
  return view;
}

function ended(state, { deed, name, ns }, nowNs) {
  state.backupRun = null;
  if (!state.backupSpace) {
    const text = "the disk of '/var/lib/muster/backups' is short: 300 MiB are free";
    state.backupFailed = { deed, name, time_ns: nowNs, code: "unavailable", text };
  } else if (deed === "create") state.backups = [backup(ns, { checked_ns: nowNs }), ...state.backups];
  else {
    const { contents, rows, files, sha256 } = backup(ns);
    const known = { checked_ns: nowNs, fault: "", contents, rows, files, sha256 };
    state.backups = state.backups.map((each) => (each.name === name ? { ...each, ...known } : each));
  }
}
