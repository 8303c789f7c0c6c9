// Which rows of a long table are drawn: all that are seen, at once; those around them a few per frame, so that no
// frame is long. Rows that leave give their elements to rows that come. Heights are known per kind of row.

import type { RefObject } from "preact";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";

/** Rows from start up to, not including, end. */
export interface Rows {
  start: number;
  end: number;
}

const OVERSCAN_PX = 600;
const MORE_PER_FRAME = 6;

/** The rows between two heights. `tops` holds each row's upper edge and, last, the height of all. */
export function rowsBetween(tops: number[], fromPx: number, toPx: number): Rows {
  const count = tops.length - 1;
  const start = Math.max(0, Math.min(count, firstAfter(tops, fromPx) - 1));
  const end = Math.max(start, Math.min(count, firstAfter(tops, toPx)));
  return { start, end };
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

/** Of what is drawn that which is wanted, and all that is seen. */
export function within(drawn: Rows, seen: Rows, wanted: Rows): Rows {
  const meets = drawn.start < seen.end && seen.start < drawn.end;
  if (!meets) return seen;
  return {
    start: Math.min(Math.max(drawn.start, wanted.start), seen.start),
    end: Math.max(Math.min(drawn.end, wanted.end), seen.end),
  };
}

/** What to draw next: a few rows more, unless so much has come into sight that it is work enough for one frame. */
export function grown(drawn: Rows, seen: Rows, wanted: Rows): Rows {
  const { start, end } = within(drawn, seen, wanted);
  const come = Math.max(0, drawn.start - start) + Math.max(0, end - drawn.end);
  if (come > MORE_PER_FRAME || start >= drawn.end || end <= drawn.start) return { start, end };
  return {
    start: Math.max(wanted.start, start - MORE_PER_FRAME),
    end: Math.min(wanted.end, end + MORE_PER_FRAME),
  };
}

/** A place for each id: who had one keeps it, and newcomers get those of rows that left, from the first on. */
export function placesOf(before: ReadonlyMap<string, number>, ids: string[]): Map<string, number> {
  const taken = new Set<number>();
  for (const id of ids) {
    const place = before.get(id);
    if (place !== undefined) taken.add(place);
  }
  let next = 0;
  const free = (): number => {
    while (taken.has(next)) next += 1;
    taken.add(next);
    return next;
  };
  return new Map(ids.map((id) => [id, before.get(id) ?? free()]));
}

const same = (a: Rows, b: Rows): boolean => a.start === b.start && a.end === b.end;

/** The rows to draw for a body element in the scrolled page; `on` false draws everything in the end. */
export function useWindowed(body: RefObject<HTMLElement | null>, tops: number[], on: boolean): Rows {
  const top = useRef(0); // of the screen, in the body
  const drawn = useRef<Rows>({ start: 0, end: 0 });
  const [, draw] = useState(drawn.current);
  const seen = (): Rows => rowsBetween(tops, top.current, top.current + innerHeight);
  const wanted = (): Rows =>
    on
      ? rowsBetween(tops, top.current - OVERSCAN_PX, top.current + innerHeight + OVERSCAN_PX)
      : { start: 0, end: tops.length - 1 };
  useMemo(() => {
    drawn.current = within(drawn.current, seen(), wanted());
  }, [tops, on]);
  useEffect(() => {
    let frame = 0;
    const later = () => {
      frame ||= requestAnimationFrame(measure);
    };
    const measure = () => {
      frame = 0;
      top.current = -(body.current?.getBoundingClientRect().top ?? 0);
      const next = grown(drawn.current, seen(), wanted());
      if (!same(next, wanted())) later();
      if (same(next, drawn.current)) return;
      drawn.current = next;
      draw(next);
    };
    later();
    addEventListener("scroll", later, { passive: true });
    addEventListener("resize", later);
    return () => {
      cancelAnimationFrame(frame);
      removeEventListener("scroll", later);
      removeEventListener("resize", later);
    };
  }, [on, tops]);
  return drawn.current;
}

/** Places of rows, remembered from one drawing to the next. */
export function usePlaces(ids: string[]): Map<string, number> {
  const before = useRef<Map<string, number>>(new Map());
  const key = ids.join();
  return useMemo(() => {
    before.current = placesOf(before.current, ids);
    return before.current;
  }, [key]);
}
