// What the node table shows and in which order: pure functions over nodes and their numbers.

import type { NodeState, NodeView, Summary } from "../api/types";
import { isNetdata } from "../format/dialects";
import { heat, heatOrder, RANK, STATES } from "../format/states";

export const COLUMNS = [
  "state",
  "node",
  "link",
  "heard",
  "cpu",
  "memory",
  "disk",
  "network",
  "credential",
] as const;
export type Column = (typeof COLUMNS)[number];

export interface Listing {
  text: string;
  states: NodeState[]; // empty: all
  roomId: string; // empty: all
  label: string; // key=value; empty: all
  column: Column;
  descending: boolean;
}

export const STANDARD_SORT = "state";

export function listingOf(search: URLSearchParams, roomId: string): Listing {
  const sort = search.get("sort") ?? STANDARD_SORT;
  const column = COLUMNS.find((name) => name === sort.replace("-", "")) ?? STANDARD_SORT;
  const states = (search.get("state") ?? "").split(",");
  return {
    text: search.get("q") ?? "",
    states: STATES.filter((state) => states.includes(state)),
    roomId,
    label: search.get("label") ?? "",
    column,
    descending: sort.startsWith("-"),
  };
}

type Numbers = (id: string) => Summary | null;

export function matches(node: NodeView, listing: Listing): boolean {
  if (listing.states.length && !listing.states.includes(node.state)) return false;
  if (listing.roomId && !node.rooms.some((room) => room.id === listing.roomId)) return false;
  if (listing.label && !labelsOf(node).includes(listing.label)) return false;
  return wordsFound(node, listing.text);
}

/** Labels as filters name them: site=berlin. */
export const labelsOf = (node: NodeView): string[] =>
  Object.entries(node.labels).map(([key, value]) => `${key}=${value}`);

function wordsFound(node: NodeView, text: string): boolean {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  if (!words.length) return true;
  const { facts, link } = node;
  const hay = [
    node.name,
    node.id,
    facts.hostname,
    facts.os,
    facts.architecture,
    link.address,
    isNetdata(node) ? link.dialect : "", // of our own the word would find nearly all
    ...node.rooms.map((room) => room.name),
    ...labelsOf(node),
  ]
    .join(" ")
    .toLowerCase();
  return words.every((word) => hay.includes(word));
}

/** Ids in the order of the table. Numbers are read once, at the time of sorting. */
export function ordered(list: Iterable<NodeView>, listing: Listing, numbers: Numbers): string[] {
  const keyOf = KEYS[listing.column];
  const rows = [...list]
    .filter((node) => matches(node, listing))
    .map((node) => ({ node, key: keyOf({ node, value: numbers(node.id) }) }));
  const sign = listing.descending ? -1 : 1;
  rows.sort((a, b) => sign * compare(a.key, b.key) || names.compare(a.node.name, b.node.name));
  return rows.map((row) => row.node.id);
}

const names = new Intl.Collator();

interface Row {
  node: NodeView;
  value: Summary | null;
}

type KeyOf = (row: Row) => (number | string | null)[];

/** A number only while it is current: an old value of an offline node sorts as none. */
const current = (row: Row, read: (value: Summary) => number | null): (number | null)[] =>
  row.value && (row.node.state === "live" || row.node.state === "stale") ? [read(row.value)] : [null];

const COPIED_RANK = 0.5; // between what is away and what is stale

const KEYS: Record<Column, KeyOf> = {
  // Slow numbers past their limits come before quiet nodes; CPU swings too much to move rows.
  state: ({ node, value }) => [
    node.clone ? COPIED_RANK : RANK[node.state],
    Math.min(heatOrder(heat("disk", value?.disk ?? null)), heatOrder(heat("memory", value?.memory ?? null))),
  ],
  node: ({ node }) => [node.name.toLowerCase()],
  link: ({ node }) => [node.link.dialect, node.link.mode, node.link.address],
  heard: ({ node, value }) => [-Math.floor((value?.last_seen_ns ?? node.last_seen_ns) / 60e9)],
  cpu: (row) => current(row, (value) => value.cpu),
  memory: (row) => current(row, (value) => value.memory),
  disk: (row) => current(row, (value) => value.disk),
  network: (row) => current(row, (value) => (value.rx === null ? null : value.rx + (value.tx ?? 0))),
  credential: ({ node }) => [node.credential?.not_after_ns ?? null],
};

/** Unknown sorts below every value, in both directions at the end nearest to nothing. */
function compare(a: (number | string | null)[], b: (number | string | null)[]): number {
  for (let index = 0; index < a.length; index += 1) {
    const [x, y] = [a[index] ?? null, b[index] ?? null];
    if (x === y) continue;
    if (x === null) return -1;
    if (y === null) return 1;
    return x < y ? -1 : 1;
  }
  return 0;
}

/** The sort parameter after a click on a column's head: numbers start with the largest. */
export function nextSort(listing: Listing, column: Column): string {
  const numeric = ["cpu", "memory", "disk", "network"].includes(column);
  if (listing.column !== column) return numeric ? `-${column}` : column;
  return listing.descending ? column : `-${column}`;
}
