// Queries written by hand: what was asked stands in the address, so Back leads to the query before. One question at a time.

import { signal } from "@preact/signals";
import { outward } from "../api/base";
import { spaceOracle } from "../api/dashboards";
import type { Language, Panel, PanelAnswer, PanelAsk } from "../api/types";
import { commandLine } from "../format/shell";
import { NS_PER_MS } from "../format/times";
import { asks } from "./asks";
import { emptyDashboard, NO_QUERY } from "./board-defaults";
import { withNewPanel } from "./board-edits";
import { edges } from "./range";
import { spaceId } from "./session";

export interface Explored {
  busy: boolean;
  answer: PanelAnswer | null;
  error: string;
  fromS: number;
  toS: number;
  tookMs: number;
}

const NOTHING: Explored = { busy: false, answer: null, error: "", fromS: 0, toS: 0, tookMs: 0 };
const FIRST_RANK = -1;

export const explored = signal<Explored>(NOTHING);
let running: AbortController | null = null;

/** A chart with no wishes. */
export const PLAIN: Panel = {
  ...(withNewPanel(emptyDashboard("explore", "Explore"), "timeseries")[0].panels[0] as Panel),
  title: "",
  unit: "",
};

/** What is asked, in which language, of which database; `latest`: PromQL at the end of the range alone. */
export interface Written {
  text: string;
  language: Language;
  database: string;
  latest: boolean;
}

export function askOf({ text, language, database, latest }: Written, widthPx: number): PanelAsk {
  const { fromMs, toMs } = edges();
  return {
    queries: [{ ...NO_QUERY, text, language, database, instant: latest && language === "promql" }],
    from_ns: Math.round(fromMs) * NS_PER_MS,
    to_ns: Math.round(toMs) * NS_PER_MS,
    width_px: widthPx,
  };
}

/** Ends what runs and asks; an empty text only ends. */
export function explore(written: Written, widthPx: number): void {
  running?.abort();
  running = null;
  if (!written.text.trim()) {
    explored.value = NOTHING;
    return;
  }
  const own = new AbortController();
  running = own;
  const ask = askOf(written, widthPx);
  const began = performance.now();
  const put = (change: Partial<Explored>) => {
    if (running === own)
      explored.value = { ...explored.peek(), busy: false, tookMs: performance.now() - began, ...change };
  };
  put({ busy: true });
  const whom = spaceOracle(spaceId.peek());
  asks
    .ask((stop) => whom.panel(ask, stop), own.signal, FIRST_RANK)
    .then(
      (answer) => put({ answer, error: "", fromS: ask.from_ns / 1e9, toS: ask.to_ns / 1e9 }),
      (error: unknown) =>
        put({ answer: null, error: error instanceof Error ? error.message : String(error) }),
    );
}

export function stopExploring(): void {
  running?.abort();
  running = null;
  explored.value = { ...explored.peek(), busy: false };
}

/** The same question for a shell; the token comes by the environment and is in no command line. */
export function curlOf(written: Written): string {
  const url = `${location.origin}${outward(`/api/v1/spaces/${encodeURIComponent(spaceId.peek())}/influx/query`)}`;
  const body = JSON.stringify(askOf(written, 800));
  const line = commandLine("curl", "--silent", "--show-error", url, "--json", body);
  return `${line} --header "Authorization: Bearer $MUSTER_TOKEN"`;
}
