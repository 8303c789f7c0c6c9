// The audit log: the newest events, older ones on request, and whether the chain of their hashes is whole.

import { signal } from "@preact/signals";
import { trust } from "../api/trust";
import type { AuditEvent, ChainReport } from "../api/types";

const PAGE = 200;
const EXPORT_PAGE = 1_000;

export const events = signal<AuditEvent[] | null>(null);
export const eventsError = signal("");
/** Whether the oldest that one may see is there. */
export const reachedEnd = signal(false);

export interface Verified {
  report: ChainReport;
  atMs: number;
}

export const verified = signal<Verified | null>(null);

export async function loadEvents(): Promise<void> {
  try {
    const found = await trust.events(PAGE);
    events.value = found;
    reachedEnd.value = found.length < PAGE;
    eventsError.value = "";
  } catch (error) {
    eventsError.value = error instanceof Error ? error.message : String(error);
  }
}

export async function loadOlder(): Promise<void> {
  const known = events.peek() ?? [];
  const found = await trust.events(PAGE, known.at(-1)?.id ?? 0);
  events.value = [...known, ...found];
  reachedEnd.value = found.length < PAGE;
}

export async function verifyNow(noted?: { event: number; hash: string }): Promise<void> {
  verified.value = { report: await trust.verify(noted), atMs: Date.now() };
}

/** All events one may see, the oldest first, one per line, as `muster audit export` prints them. */
export async function exported(onCount: (count: number) => void): Promise<string> {
  const lines: string[] = [];
  for (let after = 0; ; ) {
    const found = linesOf(await trust.textAfter(after, EXPORT_PAGE));
    for (const line of found) lines.push(line);
    onCount(lines.length);
    after = Number(/^\{"id":(\d+)/.exec(found.at(-1) ?? "")?.[1] ?? after);
    if (found.length < EXPORT_PAGE) return lines.map((line) => `${line}\n`).join("");
  }
}

/** The events of an answer, each as it is written. Inside a text a quote is escaped, so no text looks like a border. */
export function linesOf(text: string): string[] {
  const inner = text.trim().slice(1, -1);
  if (!inner) return [];
  const parts = inner.split('},{"id":');
  return parts.map((part, at) => `${at ? '{"id":' : ""}${part}${at < parts.length - 1 ? "}" : ""}`);
}

export interface Filter {
  text: string;
  kind: string; // the part of an action before its dot
  refused: boolean;
}

const kindOf = (event: AuditEvent): string => event.action.split(".")[0] ?? "";

export function matching(
  list: readonly AuditEvent[],
  filter: Filter,
  nameOf: (id: string) => string,
): AuditEvent[] {
  const words = filter.text.toLowerCase().split(/\s+/).filter(Boolean);
  return list.filter((event) => {
    if (filter.kind && kindOf(event) !== filter.kind) return false;
    if (filter.refused && event.outcome === "ok") return false;
    const { actor, action, object, address, outcome, detail } = event;
    const whole = [actor, action, object, nameOf(object), address, outcome, detail].join(" ").toLowerCase();
    return words.every((word) => whole.includes(word));
  });
}

/** Kinds that occur, the most frequent first. */
export function kindsOf(list: readonly AuditEvent[]): [string, number][] {
  const found = new Map<string, number>();
  for (const event of list) found.set(kindOf(event), (found.get(kindOf(event)) ?? 0) + 1);
  return [...found].sort((a, b) => b[1] - a[1]);
}

/** `ID:HASH` as it is noted elsewhere. */
export function readNoted(text: string): { event: number; hash: string } | null {
  const found = /^\s*(\d{1,15})\s*:\s*([0-9a-f]{64})\s*$/i.exec(text);
  return found ? { event: Number(found[1]), hash: found[2]?.toLowerCase() ?? "" } : null;
}
