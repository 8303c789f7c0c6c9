// Marks of a node in its charts: where its agent began anew, and what had changed around it.

import type { MarkView } from "../api/types.gen";
import { atMinute, NS_PER_S } from "../format/times";

export interface ChartMark {
  atS: number;
  text: string; // "container recreated"
}

export const NO_MARKS: readonly ChartMark[] = [];
const MOST_SAID = 3;

export const chartMarks = (views: readonly MarkView[]): ChartMark[] =>
  views.map(({ time_ns, text }) => ({ atS: time_ns / NS_PER_S, text }));

export const marksWithin = (marks: readonly ChartMark[], fromS: number, toS: number): ChartMark[] =>
  marks.filter(({ atS }) => atS >= fromS && atS <= toS);

/** The mark that the cursor is at; null beyond `slackS` of all. */
export function markNear(marks: readonly ChartMark[], atS: number, slackS: number): ChartMark | null {
  const distance = (mark: ChartMark) => Math.abs(mark.atS - atS);
  const nearest = marks.reduce<ChartMark | null>(
    (best, mark) => (best && distance(best) <= distance(mark) ? best : mark),
    null,
  );
  return nearest && distance(nearest) <= slackS ? nearest : null;
}

/** The mark before the cursor, or the newest where there is no cursor and none before it. */
export function markBefore(marks: readonly ChartMark[], atS: number | null): ChartMark | null {
  const newest = [...marks].sort((a, b) => b.atS - a.atS);
  return newest.find((mark) => atS === null || mark.atS < atS) ?? newest[0] ?? null;
}

/** In words, newest first, for someone who can't see the chart; "" for none. */
export function marksInWords(marks: readonly ChartMark[]): string {
  if (!marks.length) return "";
  const said = [...marks].sort((a, b) => b.atS - a.atS).slice(0, MOST_SAID);
  const rest = marks.length - said.length;
  const words = said.map(({ atS, text }) => `${text} at ${atMinute(atS * 1000)}`);
  return `Marked: ${[...words, ...(rest ? [`${rest} more`] : [])].join("; ")}.`;
}
