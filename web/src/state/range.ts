// The time range of the page: a moving window (live) or a fixed piece of the past, both in the address.

import { computed, signal } from "@preact/signals";
import { duration } from "../format/times";
import { hubNow } from "./clock";
import { params, route, setParams } from "./location";

export type Range =
  | { live: true; seconds: number; name: string }
  | { live: false; fromMs: number; toMs: number };

export const PRESETS: [name: string, seconds: number, label: string][] = [
  ["5m", 300, "Last 5 min"],
  ["15m", 900, "Last 15 min"],
  ["1h", 3600, "Last 1 hour"],
  ["3h", 3 * 3600, "Last 3 hours"],
  ["12h", 12 * 3600, "Last 12 hours"],
  ["1d", 86_400, "Last 1 day"],
  ["7d", 7 * 86_400, "Last 7 days"],
  ["30d", 30 * 86_400, "Last 30 days"],
  ["90d", 90 * 86_400, "Last 90 days"],
  ["1y", 365 * 86_400, "Last 1 year"],
];
/** A node opens with one point per second; the table of nodes with a little more of the past. */
export const STANDARD: Record<"node" | "other", string> = { node: "5m", other: "15m" };
const SHORTEST_MS = 10_000;

/** Reads a range from parameters; what makes no sense becomes the standard range. */
export function rangeOf(search: URLSearchParams, standard: string): Range {
  const from = Number(search.get("from"));
  const to = Number(search.get("to"));
  if (from > 0 && to > from) return { live: false, fromMs: from, toMs: to };
  for (const name of [search.get("range") ?? "", standard]) {
    const seconds = secondsOf(name);
    if (seconds) return { live: true, seconds, name };
  }
  return { live: true, seconds: 900, name: "15m" };
}

const SPAN = /^(\d{1,6})(s|m|h|d|w|y)$/;
const SPAN_S: Record<string, number> = { s: 1, m: 60, h: 3600, d: 86_400, w: 604_800, y: 365 * 86_400 };
const LONGEST_S = 5 * 366 * 86_400;

/** Seconds of a window's name (90m, 6h, 1y), null when it is none that makes sense. */
export function secondsOf(name: string): number | null {
  const [, count = "", unit = ""] = SPAN.exec(name) ?? [];
  const seconds = Number(count) * (SPAN_S[unit] ?? 0);
  return seconds >= SHORTEST_MS / 1000 && seconds <= LONGEST_S ? seconds : null;
}

/** What a page opens with when it says so itself, as dashboards do; "" when it does not. */
export const ownStandard = signal("");

const standard = computed(
  () => ownStandard.value || STANDARD[route.value.page === "node" ? "node" : "other"],
);

export const range = computed<Range>(() => rangeOf(params.value, standard.value));

export const spanMs = computed(() =>
  range.value.live ? range.value.seconds * 1000 : range.value.toMs - range.value.fromMs,
);

/** The edges as they are now. */
export function edges(): { fromMs: number; toMs: number } {
  const current = range.value;
  if (!current.live) return { fromMs: current.fromMs, toMs: current.toMs };
  const toMs = hubNow();
  return { fromMs: toMs - current.seconds * 1000, toMs };
}

export function goLive(name: string): void {
  setParams({ range: name === standard.value ? "" : name, from: "", to: "" });
}

/** Fixes a piece of time; never shorter than what one can still see, never from the future. */
export function fix(fromMs: number, toMs: number): void {
  const to = Math.min(toMs, hubNow());
  const from = Math.min(fromMs, to - SHORTEST_MS);
  setParams({ from: String(Math.round(from)), to: String(Math.round(to)), range: "" });
}

export function toggleLive(): void {
  const current = range.value;
  if (current.live) {
    const { fromMs, toMs } = edges();
    fix(fromMs, toMs);
  } else {
    goLive(nearestPreset(current.toMs - current.fromMs));
  }
}

/** Moves by half a window: -1 earlier, +1 later. Arriving at now means live again. */
export function shift(direction: -1 | 1): void {
  const { fromMs, toMs } = edges();
  const by = ((toMs - fromMs) / 2) * direction;
  if (toMs + by >= hubNow()) {
    if (!range.value.live) goLive(nearestPreset(toMs - fromMs));
    return;
  }
  fix(fromMs + by, toMs + by);
}

/** Twice as long around the same middle. */
export function zoomOut(): void {
  const { fromMs, toMs } = edges();
  const half = (toMs - fromMs) / 2;
  fix(fromMs - half, toMs + half);
}

export function nearestPreset(ms: number): string {
  const match = PRESETS.find(([, seconds]) => seconds * 1000 >= ms * 0.99);
  return match?.[0] ?? "1y";
}

export function labelOf(current: Range): string {
  if (!current.live) return "";
  const preset = PRESETS.find(([name]) => name === current.name);
  return preset?.[2] ?? `Last ${duration(current.seconds)}`;
}
