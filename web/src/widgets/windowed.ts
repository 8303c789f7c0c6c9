// Which rows of a long table are worth drawing: those near the screen. Heights are known per kind of row.

import { useEffect, useRef, useState } from "preact/hooks";

export interface Slice {
  start: number;
  end: number;
  before: number; // pixels of rows left out above
  after: number;
}

const OVERSCAN_PX = 600;

/** The rows between two heights. `tops` holds each row's upper edge and, last, the height of all. */
export function sliceOf(tops: number[], fromPx: number, toPx: number): Slice {
  const count = tops.length - 1;
  const start = Math.max(0, Math.min(count, firstAfter(tops, fromPx) - 1));
  const end = Math.max(start, Math.min(count, firstAfter(tops, toPx)));
  const all = tops[count] ?? 0;
  return { start, end, before: tops[start] ?? 0, after: all - (tops[end] ?? all) };
}

function firstAfter(tops: number[], px: number): number {
  let [low, high] = [0, tops.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((tops[middle] ?? 0) <= px) low = middle + 1;
    else high = middle;
  }
  return low;
}

export function topsOf(heights: number[]): number[] {
  const tops = [0];
  for (const height of heights) tops.push((tops[tops.length - 1] ?? 0) + height);
  return tops;
}

/** The slice for a body element in the scrolled page; `on` false draws everything. */
export function useWindowed(tops: number[], on: boolean) {
  const body = useRef<HTMLTableSectionElement>(null);
  const [edges, setEdges] = useState<[number, number]>([0, 1200]);
  useEffect(() => {
    if (!on) return undefined;
    let frame = 0;
    const measure = () => {
      frame = 0;
      const top = -(body.current?.getBoundingClientRect().top ?? 0);
      const next: [number, number] = [top - OVERSCAN_PX, top + innerHeight + OVERSCAN_PX];
      // Small moves stay within what is drawn already.
      setEdges((last) => (Math.abs(last[0] - next[0]) < OVERSCAN_PX / 3 ? last : next));
    };
    const moved = () => {
      frame ||= requestAnimationFrame(measure);
    };
    measure();
    addEventListener("scroll", moved, { passive: true });
    addEventListener("resize", moved);
    return () => {
      cancelAnimationFrame(frame);
      removeEventListener("scroll", moved);
      removeEventListener("resize", moved);
    };
  }, [on]);
  const count = tops.length - 1;
  const slice = on ? sliceOf(tops, ...edges) : { start: 0, end: count, before: 0, after: 0 };
  return { body, slice };
}
