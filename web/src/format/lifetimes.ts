// How long certificates of nodes live, as spaces and rooms say it. 0: they leave it to what stands above them.

import { type Reading, readSpan } from "./spans";
import { duration } from "./times";

const HOUR_S = 3_600;
const DAY_S = 86_400;

const USUAL = [
  ["3600", "1 hour"],
  ["43200", "12 hours"],
  ["86400", "1 day"],
  ["604800", "1 week"],
  ["2592000", "30 days"],
] as const;

/** Choices for a form; `above` is who says it otherwise. */
export const lifetimes = (above: string) => [["0", `As the ${above}`] as const, ...USUAL];

export const readLifetime = (text: string): Reading =>
  readSpan(text, {
    least: HOUR_S,
    most: 90 * DAY_S,
    why: "a lost key is worth something until its certificate ends",
  });

export const lifetimeText = (seconds: number, above: string): string =>
  seconds === 0
    ? `as the ${above}`
    : (USUAL.find(([key]) => Number(key) === seconds)?.[1] ?? duration(seconds));

/** As the command line takes it: 12h, 7d, 90m. */
export function spanOption(seconds: number): string {
  if (seconds % DAY_S === 0) return `${seconds / DAY_S}d`;
  if (seconds % HOUR_S === 0) return `${seconds / HOUR_S}h`;
  return seconds % 60 === 0 ? `${seconds / 60}m` : `${seconds}s`;
}
