// Netdata's contexts as charts: their units in ours, and their places on the page. Pure functions.

import type { ChartData, ContextView, Frame } from "../api/types";
import { NS_PER_S } from "../format/times";
import type { Unit } from "../format/units";
import type { ChartSpec } from "./chart";

interface Measure {
  unit: Unit;
  factor: number; // from Netdata's unit to ours
  note: string; // what is counted, where the unit alone does not say it
}

const KIB = 1024;
const BIT = 1 / 8;
const MEASURES: Record<string, Omit<Measure, "note">> = {
  percentage: { unit: "percent", factor: 1 },
  percent: { unit: "percent", factor: 1 },
  "%": { unit: "percent", factor: 1 },
  b: { unit: "bytes", factor: 1 },
  bytes: { unit: "bytes", factor: 1 },
  kib: { unit: "bytes", factor: KIB },
  mib: { unit: "bytes", factor: KIB ** 2 },
  gib: { unit: "bytes", factor: KIB ** 3 },
  "b/s": { unit: "bytes_s", factor: 1 },
  "bytes/s": { unit: "bytes_s", factor: 1 },
  "kib/s": { unit: "bytes_s", factor: KIB },
  "mib/s": { unit: "bytes_s", factor: KIB ** 2 },
  "bits/s": { unit: "bytes_s", factor: BIT },
  "kilobits/s": { unit: "bytes_s", factor: 1000 * BIT },
  "megabits/s": { unit: "bytes_s", factor: 1e6 * BIT },
  milliseconds: { unit: "ms", factor: 1 },
  ms: { unit: "ms", factor: 1 },
  microseconds: { unit: "ms", factor: 1e-3 },
  seconds: { unit: "seconds", factor: 1 },
  celsius: { unit: "celsius", factor: 1 },
};

export function measureOf(units: string): Measure {
  const known = MEASURES[units.toLowerCase()];
  if (known) return { ...known, note: "" };
  const rate = /^(.*)\/s$/.exec(units);
  if (rate) return { unit: "per_s", factor: 1, note: rate[1] ?? "" };
  return { unit: "count", factor: 1, note: units };
}

const FIELD = "value";
const TAG = "dimension";

/** The chart of one context: a line for each of its dimensions. */
export function netdataSpec(context: ContextView): ChartSpec {
  const { unit, factor, note } = measureOf(context.units);
  return {
    id: context.id,
    title: context.title.replace(`(${context.id})`, "").trim() || context.id,
    unit,
    note,
    measurement: context.id,
    fold: "mean",
    lines: { by: TAG, field: FIELD, of: (value) => value * factor },
    stacked: context.chart_type === "stacked",
  };
}

/** An answer in the shape that charts are drawn from. */
export function netdataFrame(context: string, { labels, times, values, update_every_s }: ChartData): Frame {
  return {
    times: times.map((time) => time * NS_PER_S),
    series: labels.map((label) => ({
      measurement: context,
      field: FIELD,
      tags: [[TAG, label.replace(/,\s*/, ", ")]], // dimension, and where they are told apart its instance
      kind: 0,
    })),
    values,
    step_ns: Math.max(1, update_every_s) * NS_PER_S,
  };
}

export interface NetdataSection {
  id: string;
  title: string;
  charts: ChartSpec[];
}

const TITLES: Record<string, string> = {
  app: "Applications",
  apps: "Applications",
  cgroup: "Containers and VMs",
  cpu: "CPUs",
  disk: "Disks",
  disk_space: "Mount points",
  ip: "Networking stack",
  ipv4: "IPv4 networking",
  ipv6: "IPv6 networking",
  mem: "Memory",
  net: "Network interfaces",
  netdata: "Netdata itself",
  netfilter: "Firewall",
  services: "systemd services",
  system: "System",
  systemd: "systemd units",
  user: "Users",
  usergroup: "User groups",
};
const JOINED: Record<string, string> = {
  apps: "app",
  disk_inodes: "disk_space",
  users: "user",
  groups: "usergroup",
};

/** Contexts by the first word of their name, in Netdata's own order; `fromS`: those without values since then are left out. */
export function netdataSections(contexts: ContextView[], fromS: number, text: string): NetdataSection[] {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  const shown = contexts
    .filter((each) => each.live || each.last_s >= fromS)
    .filter((each) => words.every((word) => wordsOf(each).includes(word)))
    .sort((a, b) => a.priority - b.priority || a.id.localeCompare(b.id));
  const found = new Map<string, NetdataSection>();
  for (const context of shown) {
    const id = sectionOf(context.id);
    const section = found.get(id) ?? { id: `nd-${id}`, title: titleOf(id), charts: [] };
    section.charts.push(netdataSpec(context));
    found.set(id, section);
  }
  return [...found.values()];
}

const wordsOf = ({ id, title, family, units }: ContextView): string =>
  `${id} ${title} ${family} ${units}`.toLowerCase();

function sectionOf(context: string): string {
  const first = context.split(".", 1)[0] || "other";
  return JOINED[first] ?? first;
}

const titleOf = (id: string): string =>
  TITLES[id] ?? `${id.charAt(0).toUpperCase()}${id.slice(1).replaceAll("_", " ")}`;
