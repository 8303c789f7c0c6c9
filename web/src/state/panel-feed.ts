// What one panel is fed with: asked when it is seen, again when its question, the range or the refresh say so. A failure
// keeps the last good answer; while a slow question runs, the next turn is left out.

import { effect, type ReadonlySignal, signal, untracked } from "@preact/signals";
import type { PanelAnswer, PanelAsk } from "../api/types";
import { NS_PER_MS } from "../format/times";
import { asks } from "./asks";
import { oracleFor } from "./board-values";
import { hubNow } from "./clock";
import { edges, range } from "./range";
import { tick } from "./refresh";

export interface PanelFeed {
  answer: PanelAnswer | null;
  error: string; // of the last question; the answer is then an older one
  waiting: boolean; // nothing has come yet at all
  busy: boolean;
  fromS: number; // the range of the answer
  toS: number;
  atMs: number; // when it came
  tookMs: number;
}

export const NO_PANEL: PanelFeed = {
  answer: null,
  error: "",
  waiting: true,
  busy: false,
  fromS: 0,
  toS: 0,
  atMs: 0,
  tookMs: 0,
};

/** A question goes as JSON text: equal questions are equal texts and are not asked twice. */
export type PanelQuestion = Omit<PanelAsk, "from_ns" | "to_ns">;

/** `rank`: what stands higher goes first. */
export function panelFeed(
  rank: () => number,
  question: ReadonlySignal<string | null>,
  wanted: ReadonlySignal<boolean>,
): { out: ReadonlySignal<PanelFeed>; stop: () => void } {
  const out = signal<PanelFeed>(NO_PANEL);
  let running: AbortController | null = null;
  let answered = ""; // for which question and range the present answer is, and of which turn

  const put = (change: Partial<PanelFeed>) => {
    out.value = { ...out.peek(), ...change };
  };

  const start = (text: string, name: string) => {
    running?.abort();
    const own = new AbortController();
    running = own;
    const ask = JSON.parse(text) as PanelQuestion;
    const { fromMs, toMs } = edges();
    const body = { ...ask, from_ns: Math.round(fromMs) * NS_PER_MS, to_ns: Math.round(toMs) * NS_PER_MS };
    const whom = oracleFor(ask.variables ?? {});
    put({ busy: true });
    let began = 0;
    const asked = (stop: AbortSignal) => {
      began = performance.now();
      return whom.panel(body, stop);
    };
    asks.ask(asked, own.signal, rank()).then(
      (answer) => {
        if (running !== own) return;
        running = null;
        answered = name;
        put({
          ...{ answer, error: "", waiting: false, busy: false },
          ...{ fromS: fromMs / 1000, toS: toMs / 1000 },
          ...{ atMs: hubNow(), tookMs: performance.now() - began },
        });
      },
      (error: unknown) => {
        if (running !== own) return;
        running = null;
        answered = name;
        const reason = error instanceof Error ? error.message : String(error);
        put({ error: reason, waiting: false, busy: false });
      },
    );
  };

  let asking = ""; // the question and range that runs
  const stop = effect(() => {
    const text = question.value;
    const over = JSON.stringify(range.value);
    const turn = tick.value;
    const on = wanted.value;
    untracked(() => {
      if (!on || text === null) {
        // What waits in the row leaves it; a panel that has left the screen may come back.
        running?.abort();
        running = null;
        asking = "";
        if (out.peek().busy) put({ busy: false });
        return;
      }
      const [same, name] = [text + over, `${text}${over}${turn}`];
      if (answered === name || (running && asking === same)) return;
      asking = same;
      start(text, name);
    });
  });
  return {
    out,
    stop: () => {
      stop();
      running?.abort();
      running = null;
    },
  };
}
