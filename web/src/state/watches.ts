// What one chart is fed with: a live window over the WebSocket, or one answer for a fixed range.

import { effect, type ReadonlySignal, signal, untracked } from "@preact/signals";
import { api } from "../api/client";
import type { Question } from "../api/types";
import { NS_PER_MS } from "../format/times";
import { hubNow } from "./clock";
import { watch } from "./connection";
import { EMPTY, joined, type Table, tableOf } from "./frames";
import { range } from "./range";

export interface Feed {
  table: Table;
  error: string;
  waiting: boolean; // nothing has come yet at all
  paused: boolean; // off the screen, or asked anew and not answered yet: the picture stands still
}

const LONGEST_WATCH_S = 86_400; // the hub pushes windows up to a day
const AGAIN_MS = 60_000;

export const NO_FEED: Feed = { table: EMPTY, error: "", waiting: true, paused: true };

const filled = (table: Table): Feed => ({ table, error: "", waiting: false, paused: false });

/** Feeds a signal while `wanted` is true: charts off the screen ask for nothing, but keep what they had. */
export function feed(
  question: ReadonlySignal<Question | null>,
  wanted: ReadonlySignal<boolean>,
): { out: ReadonlySignal<Feed>; stop: () => void } {
  const out = signal<Feed>(NO_FEED);
  const stop = effect(() => {
    const asked = question.value;
    const over = range.value;
    const on = wanted.value;
    return untracked(() => {
      out.value = { ...out.value, paused: true };
      if (!on || !asked) return undefined;
      if (!over.live) return fetchOnce(asked, over);
      return over.seconds > LONGEST_WATCH_S ? fetchAgain(asked, over.seconds) : follow(asked, over.seconds);
    });
  });

  function follow(asked: Question, windowS: number): () => void {
    return watch({
      question: asked,
      windowS,
      onFrame: (message) => {
        out.value = filled(joined(out.value.table, message, windowS));
      },
      onError: (text) => {
        out.value = { ...out.value, error: text, waiting: false, paused: false };
      },
    });
  }

  function fetchOnce(asked: Question, over: { fromMs: number; toMs: number }): () => void {
    let wantedStill = true;
    const query = {
      ...asked,
      start_ns: Math.round(over.fromMs) * NS_PER_MS,
      end_ns: Math.round(over.toMs) * NS_PER_MS,
    };
    api.query(query).then(
      (frame) => {
        if (wantedStill) out.value = filled(tableOf(frame));
      },
      (error: unknown) => {
        const text = error instanceof Error ? error.message : String(error);
        if (wantedStill) out.value = { ...out.value, error: text, waiting: false, paused: false };
      },
    );
    return () => {
      wantedStill = false;
    };
  }

  /** Windows too long to be pushed move on in larger steps anyway. */
  function fetchAgain(asked: Question, seconds: number): () => void {
    let cancel = () => {};
    const ask = () => {
      cancel();
      const toMs = hubNow();
      cancel = fetchOnce(asked, { fromMs: toMs - seconds * 1000, toMs });
    };
    ask();
    const timer = setInterval(ask, AGAIN_MS);
    return () => {
      clearInterval(timer);
      cancel();
    };
  }

  return { out, stop };
}
