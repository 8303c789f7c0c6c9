// The value axis of a panel: round ticks in the unit the dashboard names, from zero unless it says otherwise.

import { quantityScale } from "../format/quantities";
import { roundStep } from "./buckets";
import type { Cell } from "./gaps";
import type { Axis } from "./scale";

const TICKS = 4;

export function panelAxis(
  unit: string,
  columns: readonly (readonly Cell[])[],
  fixed: { min: number | null; max: number | null },
): Axis {
  const [low, high] = extent(columns);
  const bottom = fixed.min ?? Math.min(0, low);
  const top = Math.max(fixed.max ?? high, bottom);
  const scale = quantityScale(unit, Math.max(Math.abs(bottom), Math.abs(top)));
  const step = stepOf(unit, (top - bottom || 1) / scale.divisor) * scale.divisor;
  const first = fixed.min ?? Math.floor(bottom / step + 1e-9) * step;
  const last = fixed.max ?? Math.max(first + step, Math.ceil(top / step - 1e-9) * step);
  return {
    min: first,
    max: last > first ? last : first + step,
    ticks: ticks(first, last, step),
    ...scale,
    signed: true,
  };
}

function extent(columns: readonly (readonly Cell[])[]): [number, number] {
  let [low, high] = [0, 0];
  for (const column of columns)
    for (const value of column) {
      if (typeof value !== "number") continue;
      if (value > high) high = value;
      if (value < low) low = value;
    }
  return [low, high];
}

function stepOf(unit: string, span: number): number {
  if (unit === "bytes" && span >= 1) return 2 ** Math.max(0, Math.ceil(Math.log2(span / TICKS) - 1e-9));
  if ((unit === "percent" || unit === "ratio") && span > 50 && span <= 100) return 50;
  return roundStep(span, TICKS);
}

function ticks(first: number, last: number, step: number): number[] {
  const found: number[] = [];
  for (let at = Math.ceil(first / step - 1e-9); at * step <= last + step * 1e-6; at += 1)
    found.push(Number((at * step).toPrecision(12)));
  return found;
}
