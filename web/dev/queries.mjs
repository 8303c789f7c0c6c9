// Answers queries about the invented fleet, in the shape of the hub's Frame.

import { catalogue, hash } from "./metrics.mjs";

const ROUND_S = [
  1, 2, 3, 4, 5, 6, 8, 10, 12, 15, 20, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 21600, 43200, 86400,
];
const MOST_ROWS = 2000;

const fits = (tags, wanted = {}) =>
  Object.entries(wanted).every(([key, values]) => !values.length || values.includes(tags[key]));

/** Step in seconds: the asked one, grown until the range fits the width. */
export function stepOf(query, rangeS) {
  const least = Math.max(1, (query.step_ns ?? 0) / 1e9);
  const cap = query.width || MOST_ROWS;
  return ROUND_S.find((step) => step >= least && rangeS / step <= cap) ?? 86400;
}

function* selected(nodes, { measurement, fields = [], tags = {}, nodes: ids = [] }) {
  for (const node of nodes.filter((each) => !ids.length || ids.includes(each.id))) {
    const rows = catalogue(node).filter(
      ([name, own]) => (!measurement || name === measurement) && fits(own, tags),
    );
    for (const [name, own, functions] of rows)
      for (const [field, value] of Object.entries(functions))
        if (!fields.length || fields.includes(field)) yield { node, name, own, field, value };
  }
}

/** The frame over [from, to) in seconds. */
export function answer(nodes, query, from, to, step) {
  const times = [];
  for (let t = Math.floor(from / step) * step; t < to; t += step) times.push(t);
  const series = [];
  const values = [];
  for (const { node, name, own, field, value } of selected(nodes, query.select)) {
    const seed = hash(`${node.id} ${name} ${field} ${Object.values(own).join()}`);
    const tags = [...Object.entries(own), ["host", node.name], ["node", node.id]].sort();
    series.push({ measurement: name, field, tags, kind: 0 });
    values.push(times.map((t) => (known(node, t) ? value(seed, t) : null)));
  }
  return { times: times.map((t) => t * 1e9), series, values, step_ns: step * 1e9 };
}

/** A node has values from its first link on, up to when it was last heard, and none while its link was down. */
function known(node, t) {
  if (!node.last_seen_ns || t > node.last_seen_ns / 1e9) return false;
  if (t < (node.firstS ?? 0)) return false;
  return !(node.gap && t >= node.gap[0] && t < node.gap[1]);
}

export function offers(node) {
  if (!node.last_seen_ns || node.link.dialect === "netdata") return []; // nothing of those is kept
  const found = new Map();
  for (const [measurement, tags, functions] of catalogue(node)) {
    const offer = found.get(measurement) ?? { measurement, fields: new Set(), tags: {} };
    for (const field of Object.keys(functions)) offer.fields.add(field);
    for (const [key, value] of Object.entries(tags))
      offer.tags[key] = [...new Set([...(offer.tags[key] ?? []), value])];
    found.set(measurement, offer);
  }
  return [...found.values()].map((offer) => ({
    ...offer,
    fields: [...offer.fields].map((name) => ({ name, kind: 0 })),
  }));
}

const one = (node, t, measurement, field, tag) => {
  for (const [name, own, functions] of catalogueOf(node))
    if (name === measurement && functions[field] && (!tag || Object.values(own).includes(tag)))
      return functions[field](hash(`${node.id} ${name} ${field} ${Object.values(own).join()}`), t);
  return null;
};

const kept = new WeakMap();
function catalogueOf(node) {
  if (!kept.has(node)) kept.set(node, catalogue(node));
  return kept.get(node);
}

export function summary(node, t) {
  const { id, state, cause, last_seen_ns } = node;
  const base = {
    id,
    state,
    cause,
    last_seen_ns,
    cpu: null,
    memory: null,
    disk: null,
    disk_path: null,
    rx: null,
    tx: null,
  };
  if (!(state === "live" || state === "stale") || t < (node.firstS ?? 0)) return base;
  if (node.link.dialect === "netdata") return base;
  const at = Math.min(t, last_seen_ns / 1e9);
  return {
    ...base,
    cpu: 100 - one(node, at, "cpu", "usage_idle", "cpu-total"),
    memory: 100 * (1 - one(node, at, "mem", "available") / node.facts.memory_bytes),
    disk: one(node, at, "disk", "used_percent", node.numbers.path),
    disk_path: node.numbers.path,
    rx: one(node, at, "net", "bytes_recv", node.interfaces[0]),
    tx: one(node, at, "net", "bytes_sent", node.interfaces[0]),
  };
}

export function sparks(nodes, t, windowS, points) {
  const out = {};
  for (const node of nodes) {
    if (!node.last_seen_ns || node.link.dialect === "netdata") continue;
    const at = Array.from({ length: points }, (_, index) => t - windowS + ((index + 1) * windowS) / points);
    const read = (measurement, field, tag, turn = (v) => v) =>
      at.map((each) => (known(node, each) ? turn(one(node, each, measurement, field, tag)) : null));
    out[node.id] = {
      cpu: read("cpu", "usage_idle", "cpu-total", (v) => 100 - v),
      net: read("net", "bytes_recv", node.interfaces[0]),
    };
  }
  return out;
}
