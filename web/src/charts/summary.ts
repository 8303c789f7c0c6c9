// A chart in words: what someone who can't see it needs to know.

import { atMinute, duration } from "../format/times";
import { digits } from "../format/units";
import type { Line } from "./chart";
import { type ChartMark, marksInWords } from "./marks";

export function summaryOf(
  title: string,
  unit: string,
  divisor: number,
  lines: Line[],
  gaps: [number, number][],
  marks: readonly ChartMark[] = [],
): string {
  const said = lines.map((line) => lineSummary(line, divisor)).filter(Boolean);
  const head = unit ? `${title}, ${unit}` : title;
  if (!said.length) return `${head}: no values in this range.`;
  return [`${head}: ${said.join("; ")}.`, gapSummary(gaps), marksInWords(marks)].filter(Boolean).join(" ");
}

function lineSummary(line: Line, divisor: number): string {
  let [min, max, last] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.NaN];
  for (const value of line.values) {
    if (value === null) continue;
    const size = line.below ? -value : value;
    min = Math.min(min, size);
    max = Math.max(max, size);
    last = size;
  }
  if (Number.isNaN(last)) return "";
  const [low, high, end] = [min, max, last].map((value) => digits(value / divisor));
  return `${line.name} ${low} to ${high}, last ${end}`;
}

function gapSummary(gaps: [number, number][]): string {
  const [first] = gaps;
  if (!first) return "No gaps.";
  const length = gaps.reduce((sum, [from, to]) => sum + to - from, 0);
  return gaps.length === 1
    ? `One gap of ${duration(length)} from ${atMinute(first[0] * 1000)}.`
    : `${gaps.length} gaps, ${duration(length)} in all.`;
}
