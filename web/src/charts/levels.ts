// What thresholds and mappings say of one value. What is well is quiet: green paints nothing; yellow and red are
// states with a mark; other colours are tints without one.

import type { Threshold, ThresholdMode, ValueMapping } from "../api/types";
import type { Raw } from "./calculations";
import type { SeriesColour } from "./palette";
import { patternOf } from "./patterns";

/** How a value is painted; "" is quiet. */
export type Level = "" | "warn" | "crit" | "wait" | "unknown" | "teal";

const LEVEL: Record<string, Level> = {
  green: "",
  white: "",
  grey: "",
  yellow: "warn",
  orange: "warn",
  red: "crit",
  blue: "wait",
  purple: "unknown",
  cyan: "teal",
};
const SERIES: Record<string, SeriesColour> = {
  blue: 1,
  yellow: 2,
  orange: 2,
  cyan: 3,
  red: 4,
  purple: 5,
  green: 6,
  grey: 7,
  white: 7,
};

export const levelOf = (colour: string): Level => LEVEL[named(colour)] ?? "";

/** The series colour that is nearest to what a dashboard asks for; the theme's own tones stay. */
export const seriesOf = (colour: string): SeriesColour | null => SERIES[named(colour)] ?? null;

/** A colour's name: #rrggbb goes by its hue, so that it reads in both themes. */
export function named(colour: string): string {
  if (!colour.startsWith("#")) return colour;
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => Number.parseInt(colour.slice(at, at + 2), 16));
  const [top, low] = [Math.max(red, green, blue), Math.min(red, green, blue)];
  if (top - low < 26) return "grey";
  const part = (a: number, b: number) => (a - b) / (top - low);
  const sixth = top === red ? part(green, blue) : top === green ? 2 + part(blue, red) : 4 + part(red, green);
  return HUES.find(([most]) => (sixth * 60 + 360) % 360 < most)?.[1] ?? "red";
}

const HUES: [most: number, name: string][] = [
  [15, "red"],
  [42, "orange"],
  [68, "yellow"],
  [165, "green"],
  [200, "cyan"],
  [255, "blue"],
  [330, "purple"],
  [361, "red"],
];

export interface Scale {
  thresholds: readonly Threshold[];
  mode: ThresholdMode;
  min: number | null;
  max: number | null;
}

/** The threshold that a number has reached, or null below all of them. */
export function reached(value: number, scale: Scale): Threshold | null {
  const compared = scale.mode === "percent" ? percentOf(value, scale) : value;
  let found: Threshold | null = null;
  for (const threshold of scale.thresholds)
    if (threshold.value === null || threshold.value === undefined || compared >= threshold.value)
      found = threshold;
  return found;
}

/** Where a value lies between min and max, from 0 to 100 when it is inside. */
export function percentOf(value: number, { min, max }: { min: number | null; max: number | null }): number {
  const low = min ?? 0;
  const span = (max ?? 100) - low;
  return span > 0 ? ((value - low) / span) * 100 : 0;
}

export function mapped(value: Raw, mappings: readonly ValueMapping[]): ValueMapping | null {
  return mappings.find((mapping) => fits(value, mapping)) ?? null;
}

function fits(value: Raw, mapping: ValueMapping): boolean {
  if (mapping.empty && value === null) return true;
  if (value === null) return false;
  if (typeof mapping.value === "string" && sameText(value, mapping.value)) return true;
  if (mapping.pattern && patternOf(mapping.pattern)?.test(String(value).slice(0, 300))) return true;
  const [low, high] = [mapping.low ?? null, mapping.high ?? null];
  if (typeof value !== "number" || (low === null && high === null)) return false;
  return value >= (low ?? value) && value <= (high ?? value);
}

const sameText = (value: number | string | boolean, text: string): boolean =>
  String(value) === text || (typeof value === "number" && text.trim() !== "" && Number(text) === value);
