// The nodes of all spaces, and of the one that is looked at. The map changes when identity or state changes; numbers live in one signal per node,
// so that a thousand values a second redraw only the rows on screen.

import { batch, computed, type Signal, signal } from "@preact/signals";
import { api } from "../api/client";
import type { NodeState, NodeView, Summary } from "../api/types";
import { STATES, WORD } from "../format/states";
import { ownSpaces, spaceId } from "./session";
import { speak } from "./toasts";

// The first page is there to see at once, the rest in as few as the hub gives.
const FIRST_PAGE = 500;
const NEXT_PAGE = 10_000;

/** Of all spaces in which one may look. */
export const allNodes = signal<ReadonlyMap<string, NodeView>>(new Map());
/** Of the space that is looked at. */
export const nodes = computed<ReadonlyMap<string, NodeView>>(() => {
  if (ownSpaces.value.length < 2) return allNodes.value;
  return new Map([...allNodes.value].filter(([, node]) => node.space.id === spaceId.value));
});
/** Whether the list is whole. */
export const loaded = signal(false);
export const loadError = signal("");

/** Grows when the numbers of nodes come for the first time after a start. */
export const numbersKnown = signal(false);

const summaries = new Map<string, Signal<Summary | null>>();

/** The live numbers of one node; null until the first have come. */
export function summaryOf(id: string): Signal<Summary | null> {
  let found = summaries.get(id);
  if (!found) {
    found = signal<Summary | null>(null);
    summaries.set(id, found);
  }
  return found;
}

/** What was told of single nodes while the list was asked for: the answer may be older. Null: it is not asked for. */
let told: Map<string, NodeView | null> | null = null;
/** Nodes that a list which was asked for on their account did not hold either. */
const strangers = new Set<string>();

/** Reads all, page by page. The first time they are there to see as they come; later the old list stays until the new one is whole. */
export async function loadNodes(): Promise<void> {
  const own = new Map<string, NodeView | null>();
  told = own;
  const isFirst = !loaded.peek();
  const read = new Map<string, NodeView>();
  try {
    for await (const page of pages()) {
      if (told !== own) return; // a later question has a newer answer
      for (const node of page) read.set(node.id, node);
      if (isFirst) allNodes.value = amended(read, own);
    }
    allNodes.value = amended(read, own);
    loaded.value = true;
    loadError.value = "";
  } catch (error) {
    if (told === own) loadError.value = error instanceof Error ? error.message : String(error);
  }
  if (told === own) told = null;
}

async function* pages(): AsyncGenerator<NodeView[]> {
  let after = "";
  for (let size = FIRST_PAGE; ; size = NEXT_PAGE) {
    const page = await api.nodes(after, size);
    yield page;
    if (page.length < size) return;
    after = page.at(-1)?.id ?? "";
  }
}

function amended(read: ReadonlyMap<string, NodeView>, news: ReadonlyMap<string, NodeView | null>) {
  const next = new Map(read);
  for (const [id, node] of news) {
    if (node) next.set(id, node);
    else next.delete(id);
  }
  return next;
}

/** A node that joined after the list was made and before the hub heard that changes are wanted was told to nobody. */
function loadStrangers(list: Summary[]): void {
  if (!loaded.peek() || told) return;
  const missing = list.filter(({ id }) => !allNodes.peek().has(id) && !strangers.has(id));
  if (!missing.length) return;
  for (const { id } of missing) strangers.add(id);
  void loadNodes();
}

/** Takes one second's summaries. */
export function applySummaries(list: Summary[]): void {
  batch(() => {
    const changed: NodeView[] = [];
    for (const summary of list) {
      summaryOf(summary.id).value = summary;
      const node = allNodes.peek().get(summary.id);
      // The cause tells seconds and moves all the time: it is read where it is shown.
      if (node && node.state !== summary.state) changed.push({ ...node, ...pick(summary) });
    }
    if (changed.length) putAll(changed);
    numbersKnown.value = true;
  });
  loadStrangers(list);
}

const pick = ({ state, cause, last_seen_ns }: Summary) => ({ state, cause, last_seen_ns });

function putAll(list: NodeView[]): void {
  const next = new Map(allNodes.peek());
  for (const node of list) {
    const before = next.get(node.id);
    if (before && before.state !== node.state) speak(`${node.name} is ${WORD[node.state].toLowerCase()}`);
    if (!before && loaded.peek()) speak(`${node.name} has joined`);
    next.set(node.id, node);
  }
  allNodes.value = next;
}

export function putNode(node: NodeView): void {
  told?.set(node.id, node);
  putAll([node]);
}

export function dropNode(id: string): void {
  told?.set(id, null);
  const next = new Map(allNodes.peek());
  const gone = next.get(id);
  if (!gone) return;
  next.delete(id);
  summaries.delete(id);
  allNodes.value = next;
  speak(`${gone.name} was removed`);
}

/** Last contact of a node, from its summary when there is one. */
export function lastSeenNs(node: NodeView): number {
  return Math.max(node.last_seen_ns, summaryOf(node.id).value?.last_seen_ns ?? 0);
}

/** The node with its cause of this second. */
export function withCause(node: NodeView): NodeView {
  const cause = summaryOf(node.id).value?.cause;
  return cause === undefined ? node : { ...node, cause };
}

export function tallyOf(list: Iterable<NodeView>): Record<NodeState, number> {
  const tally = Object.fromEntries(STATES.map((state) => [state, 0])) as Record<NodeState, number>;
  for (const node of list) tally[node.state] += 1;
  return tally;
}

export const nodeCount = computed(() => nodes.value.size);
