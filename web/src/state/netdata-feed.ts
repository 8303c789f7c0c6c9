// What a chart of a Netdata node is fed with: its agent is asked through the link, once a second while one looks.

import { effect, type ReadonlySignal, signal, untracked } from "@preact/signals";
import { netdata } from "../api/netdata";
import type { ChartData, Frame } from "../api/types";
import { hubNow } from "./clock";
import { joined, tableOf } from "./frames";
import { range } from "./range";
import { type Feed, NO_FEED } from "./watches";

export interface NetdataAsk {
  node: string;
  context: string;
  instances: boolean;
  width: number; // pixels: more points than that cannot be seen
  frame: (data: ChartData) => Frame;
}

const SECOND_MS = 1_000;
const AFTER_ERROR_MS = 5_000;
const RESTATED_S = 5; // the newest values may still be incomplete when they are first told
const MOST_POINTS = 2_000;

/** As `feed`, by questions to the agent: never more than one at a time for each chart. */
export function netdataFeed(
  question: ReadonlySignal<NetdataAsk | null>,
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
      return over.live ? follow(asked, over.seconds) : once(asked, over.fromMs / 1000, over.toMs / 1000);
    });
  });

  const fail = (error: unknown) => {
    const text = error instanceof Error ? error.message : String(error);
    out.value = { ...out.value, error: text, waiting: false, paused: false };
  };

  function follow(asked: NetdataAsk, windowS: number): () => void {
    const stepS = Math.max(1, Math.ceil(windowS / pointsOf(asked.width)));
    let timer = 0;
    let on = true;
    let whole = true; // the first answer of a window is all of it
    const again = (ms: number) => {
      if (on) timer = window.setTimeout(ask, ms);
    };
    const ask = () => {
      if (document.hidden) return again(SECOND_MS);
      const beforeS = Math.ceil(hubNow() / 1000);
      const afterS = afterOf(beforeS, windowS, stepS, whole);
      const points = Math.max(1, Math.ceil((beforeS - afterS) / stepS));
      const reset = afterS === beforeS - windowS;
      const startedMs = performance.now();
      netdata.data(asked.node, { ...of(asked), after: afterS, before: beforeS, points }).then(
        (data) => {
          if (!on) return;
          whole = false;
          const table = joined(out.value.table, { watch: "", reset, frame: asked.frame(data) }, windowS);
          out.value = { table, error: "", waiting: false, paused: false };
          again(Math.max(0, stepS * SECOND_MS - (performance.now() - startedMs)));
        },
        (error: unknown) => {
          if (!on) return;
          fail(error);
          again(AFTER_ERROR_MS);
        },
      );
    };
    ask();
    return () => {
      on = false;
      clearTimeout(timer);
    };
  }

  /** Only what is new while each second is a point; averages over more are told anew, all of them. */
  function afterOf(beforeS: number, windowS: number, stepS: number, whole: boolean): number {
    const last = out.value.table.times.at(-1) ?? 0;
    const from = beforeS - windowS;
    return whole || stepS > 1 ? from : Math.max(from, Math.min(beforeS - 1, Math.floor(last)) - RESTATED_S);
  }

  function once(asked: NetdataAsk, fromS: number, toS: number): () => void {
    let on = true;
    const [after, before] = [Math.floor(fromS), Math.ceil(toS)];
    const points = Math.max(1, Math.min(before - after, pointsOf(asked.width)));
    netdata.data(asked.node, { ...of(asked), after, before, points }).then(
      (data) => {
        if (on) out.value = { table: tableOf(asked.frame(data)), error: "", waiting: false, paused: false };
      },
      (error: unknown) => {
        if (on) fail(error);
      },
    );
    return () => {
      on = false;
    };
  }

  return { out, stop };
}

const of = ({ context, instances }: NetdataAsk) => ({ context, instances });

const pointsOf = (width: number): number => Math.max(60, Math.min(MOST_POINTS, Math.round(width)));
