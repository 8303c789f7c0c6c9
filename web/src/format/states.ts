// States of nodes: word, rank, and the sentence each one owes. One file, so that a state reads the same everywhere.

import type { NodeState, NodeView } from "../api/types";
import { duration, since, toMs } from "./times";

/** The mark's name is the state's own: icons hold one outline per state. */
export const STATES: readonly NodeState[] = ["live", "stale", "offline", "pending", "revoked"];

/** Problems first; what waits and what is cut last. */
export const RANK: Record<NodeState, number> = { offline: 0, stale: 1, live: 2, pending: 3, revoked: 4 };

export const WORD: Record<NodeState, string> = {
  live: "Live",
  stale: "Stale",
  offline: "Offline",
  pending: "Pending",
  revoked: "Revoked",
};

/** Live and stale nodes show numbers; the others give their columns to the cause. */
export const hasValues = (state: NodeState): boolean => state === "live" || state === "stale";

export interface Cause {
  head: string;
  rest: string;
}

/** Why a node is not live: a head that says what, in the viewer's time, and a rest that says why, as the hub knows it. */
export function causeOf(node: NodeView, nowMs: number): Cause {
  switch (node.state) {
    case "offline":
      return {
        head: node.last_seen_ns
          ? `No contact since ${since(toMs(node.last_seen_ns), nowMs)}.`
          : "No contact yet.",
        rest: sentence(node.link.ended),
      };
    case "pending":
      return { head: `Claimed ${since(toMs(node.created_ns), nowMs)}, never connected.`, rest: "" };
    case "revoked":
      return {
        head: `Revoked ${since(toMs(node.revoked_ns), nowMs)}.`,
        rest: [sentence(node.revoked_reason), "History stays until it is removed."].filter(Boolean).join(" "),
      };
    case "stale":
      return staleCause(node, nowMs);
    case "live":
      return {
        head: node.link.warning ? "Not all of its values are kept." : "",
        rest: sentence(node.link.warning),
      };
  }
}

/** The hub's own words: it knows whether the link is up, was lost, or takes no values. */
function staleCause(node: NodeView, nowMs: number): Cause {
  const [, head = "", rest = ""] = /^(.*?[.;])\s*(.*)$/s.exec(sentence(node.cause)) ?? [];
  if (head) return { head: head.replace(/;$/, "."), rest: sentence(rest) };
  const silent = duration((nowMs - toMs(node.last_seen_ns)) / 1000);
  return { head: `Heard ${silent} ago, due every second.`, rest: "" };
}

/** Hub texts start lower case and have no full stop; on a page they are sentences. */
export function sentence(text: string): string {
  const trimmed = text.trim();
  if (!trimmed) return "";
  const start = trimmed.charAt(0).toUpperCase() + trimmed.slice(1);
  return /[.!?]$/.test(start) ? start : `${start}.`;
}

/** Warn and critical limits of the node table, in percent. */
export const LIMITS = { cpu: [90, 98], memory: [80, 95], disk: [85, 95] } as const;
export type Heat = "" | "warn" | "crit";

export function heat(kind: keyof typeof LIMITS, value: number | null): Heat {
  if (value === null) return "";
  const [warn, crit] = LIMITS[kind];
  return value >= crit ? "crit" : value >= warn ? "warn" : "";
}

export const heatOrder = (level: Heat): number => (level === "crit" ? 0 : level === "warn" ? 1 : 2);
