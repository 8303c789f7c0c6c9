// Spans of time as people write them: 45 min, 36 h, 3 days.

import { duration } from "./times";

const UNITS: [name: RegExp, seconds: number][] = [
  [/^(s|sec|seconds?)$/, 1],
  [/^(m|min|minutes?)$/, 60],
  [/^(h|hours?)$/, 3600],
  [/^(d|days?)$/, 86_400],
  [/^(w|weeks?)$/, 604_800],
  [/^(y|years?)$/, 31_536_000],
];

const PART = /(\d+(?:[.,]\d+)?)\s*([a-z]+)\s*/g;

/** Seconds of a span, also of several parts (1 h 30 min); null when it is none. */
export function parseSpan(text: string): number | null {
  const whole = text.trim().toLowerCase();
  let seconds = 0;
  for (const [, digits = "", word = ""] of whole.matchAll(PART)) {
    const unit = UNITS.find(([name]) => name.test(word));
    if (!unit) return null;
    seconds += Number(digits.replace(",", ".")) * unit[1];
  }
  return whole && !whole.replaceAll(PART, "") ? Math.round(seconds) : null;
}

/** As commands take it, in one unit: 600 s is 10m, 5400 s is 90m. */
export function spanArgument(seconds: number): string {
  for (const [unit, size] of [
    ["d", 86_400],
    ["h", 3600],
    ["m", 60],
  ] as const)
    if (seconds >= size && seconds % size === 0) return `${seconds / size}${unit}`;
  return `${seconds}s`;
}

/** What was read from a field: a value, or what is wrong with the text and why. */
export type Reading = { value: number } | { error: string };

interface SpanLimits {
  least: number; // seconds
  most: number;
  why: string; // why not longer
}

export function readSpan(text: string, { least, most, why }: SpanLimits): Reading {
  const seconds = parseSpan(text);
  const shown = text.trim();
  if (seconds === null)
    return {
      error: `${shown ? `“${shown}” is no time span` : "Nothing is written here"}. A number and a unit: 45 min, 36 h, 3 d.`,
    };
  if (seconds < least) return { error: `${shown} is too short. It must be at least ${duration(least)}.` };
  if (seconds > most) return { error: `${shown} is too long. At most ${duration(most)}: ${why}.` };
  return { value: seconds };
}
