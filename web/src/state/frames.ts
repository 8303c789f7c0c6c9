// Frames joined into one moving window: what is new replaces what it restates, what left the window goes.

import type { Frame, FrameMessage, FrameSeries, Value } from "../api/types";
import { NS_PER_S } from "../format/times";

/** Seconds since 1970 on the time axis (what the charts draw on), columns of values beside it. */
export interface Table {
  times: number[];
  series: FrameSeries[];
  values: Value[][];
  stepS: number;
}

export const EMPTY: Table = { times: [], series: [], values: [], stepS: 0 };

export const keyOf = (series: FrameSeries): string =>
  `${series.measurement} ${series.field} ${series.tags.map((tag) => tag.join("=")).join(",")}`;

export function tableOf(frame: Frame): Table {
  return {
    times: frame.times.map((time) => time / NS_PER_S),
    series: frame.series,
    values: frame.values,
    stepS: frame.step_ns / NS_PER_S,
  };
}

/** The window after one message. `windowS` counts back from the newest time there is. */
export function joined(before: Table, message: FrameMessage, windowS: number): Table {
  const fresh = tableOf(message.frame);
  if (message.reset || !before.times.length) return fresh;
  const first = fresh.times[0];
  if (first === undefined) return before;
  const last = fresh.times[fresh.times.length - 1] ?? first;
  const end = lowerBound(before.times, first);
  const start = lowerBound(before.times, last - windowS);
  return splice(before, Math.min(start, end), end, fresh);
}

/** Index of the first time that is not before `time`. */
export function lowerBound(times: number[], time: number): number {
  let [low, high] = [0, times.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((times[middle] ?? 0) < time) low = middle + 1;
    else high = middle;
  }
  return low;
}

function splice(before: Table, start: number, end: number, fresh: Table): Table {
  const kept = end - start;
  const old = new Map(before.series.map((series, index) => [keyOf(series), index]));
  const add = new Map(fresh.series.map((series, index) => [keyOf(series), index]));
  const series = [...before.series, ...fresh.series.filter((each) => !old.has(keyOf(each)))];
  const values = series.map((each) => {
    const [was, is] = [old.get(keyOf(each)), add.get(keyOf(each))];
    const head =
      was === undefined ? Array<null>(kept).fill(null) : (before.values[was] ?? []).slice(start, end);
    const tail = is === undefined ? Array<null>(fresh.times.length).fill(null) : (fresh.values[is] ?? []);
    return [...head, ...tail];
  });
  return {
    times: [...before.times.slice(start, end), ...fresh.times],
    series,
    values,
    stepS: fresh.stepS || before.stepS,
  };
}
