// What a run of a probe came to, in words. The codes are those of the measurements (docs/reference/collectors.md).

import type { ProbeKind, Run } from "../api/probes";

export interface Outcome {
  mark: "ok" | "warn" | "crit";
  word: string;
}

const FAULTS: Record<ProbeKind, Record<number, string>> = {
  ping: { 1: "no reply", 2: "could not ask" },
  dns_query: { 1: "no answer in time", 2: "could not ask" },
  http_response: {
    1: "page lacks the match",
    2: "page broke off",
    3: "no connection",
    4: "no answer in time",
    5: "name not known",
    6: "another status",
  },
};

export function outcomeOf(kind: ProbeKind, run: Run): Outcome {
  if (run.code === 0) {
    const lost = run.lost_percent ?? 0;
    if (lost > 0) return { mark: "warn", word: `${Math.round(lost)} % lost` };
    return { mark: "ok", word: kind === "http_response" && run.answer ? run.answer : "answers" };
  }
  if (kind === "dns_query" && run.answer) return { mark: "crit", word: run.answer };
  if (kind === "http_response" && run.code === 6) return { mark: "crit", word: `status ${run.answer}` };
  return { mark: "crit", word: FAULTS[kind][run.code] ?? `result ${run.code}` };
}

/** What a row of strokes says to those who do not see it. */
export function countText(runs: readonly Run[]): string {
  const good = runs.filter((run) => run.code === 0).length;
  return `${good} of the last ${runs.length} went well`;
}
