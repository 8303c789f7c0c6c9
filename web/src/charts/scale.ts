// Value axes: round ticks from zero, in the unit the card shows.

import type { Unit } from "../format/units";
import { scaleFor } from "../format/units";
import type { Cell } from "./gaps";

export interface Axis {
  min: number;
  max: number;
  ticks: number[];
  divisor: number;
  label: string; // of the unit
  signed?: boolean; // below zero is less than zero, not the other direction
}

const STEPS = [1, 2, 5, 10];
const BINARY_STEPS = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024];
const MOST_TICKS = 4;
const UNSEEN = 1e-6; // of a step: by so much rounded shares may add up to more than their whole

const [MINUTE, HOUR, DAY] = [60, 3600, 86_400];
/** Distances of ticks on a time axis, in seconds. */
export const TIME_STEPS = [
  ...[1, 2, 5, 10, 15, 30],
  ...[1, 2, 5, 10, 15, 30].map((minutes) => minutes * MINUTE),
  ...[1, 2, 3, 6, 12].map((hours) => hours * HOUR),
  ...[1, 2, 4, 7, 14, 28, 56, 91, 182, 365].map((days) => days * DAY),
];

/** The axis for these columns; `fixed` is a natural maximum (100 % or all memory). */
export function axisOf(unit: Unit, columns: Cell[][], fixed?: number): Axis {
  const [low, high] = extent(columns);
  const mirrored = low < 0;
  const top = fixed ?? Math.max(high, -low);
  const scale = scaleFor(unit, top);
  const step = stepFor(unit, (top || 1) / scale.divisor, mirrored) * scale.divisor;
  const count = Math.max(1, Math.ceil((top || step) / step - UNSEEN));
  const max = fixed ?? count * step;
  const ticks = ticksTo(max, step);
  if (!mirrored) return { min: 0, max, ticks, ...scale };
  const below = ticks.slice(1).map((tick) => -tick);
  return { min: -max, max, ticks: [...below.reverse(), ...ticks], ...scale };
}

function extent(columns: Cell[][]): [number, number] {
  let [low, high] = [0, 0];
  for (const column of columns)
    for (const value of column) {
      if (typeof value !== "number") continue;
      if (value > high) high = value;
      if (value < low) low = value;
    }
  return [low, high];
}

function stepFor(unit: Unit, top: number, mirrored: boolean): number {
  const most = mirrored ? MOST_TICKS / 2 : MOST_TICKS;
  if (unit === "bytes" && top >= 1) return BINARY_STEPS.find((step) => top / step <= most) ?? 1024;
  if (unit === "percent" && top > 50 && top <= 100) return 50;
  const magnitude = 10 ** Math.floor(Math.log10(top / most));
  const step = STEPS.find((each) => top / (each * magnitude) <= most) ?? 10;
  const whole = unit === "count" || unit === "per_s" || unit === "bytes" || unit === "bytes_s";
  return whole ? Math.max(step * magnitude, top <= most ? 1 : step * magnitude) : step * magnitude;
}

function ticksTo(max: number, step: number): number[] {
  const ticks: number[] = [];
  for (let tick = 0; tick <= max * 1.0001; tick += step) ticks.push(tick);
  return ticks;
}

/** Running sums, so that each line stands on the one before; a row without any value stays empty. */
export function stacked(columns: Cell[][]): Cell[][] {
  const sums: Cell[][] = [];
  columns.forEach((column, index) => {
    const under = sums[index - 1];
    sums.push(
      column.map((value, row) => {
        const base = under?.[row];
        if (typeof value === "number") return value + (typeof base === "number" ? base : 0);
        return typeof base === "number" ? base : value;
      }),
    );
  });
  return sums;
}

/** A tick in the unit of the axis: round by construction, so no trailing zeros. */
export const tickText = (tick: number, axis: Axis): string =>
  String(Number((axis.signed ? tick / axis.divisor : Math.abs(tick / axis.divisor)).toPrecision(4)));

const EDGE_PX = 14; // half of a label

/** A label here would be cut by the end of the axis. */
export const isAtEnd = (at: number, from: number, to: number, widthPx: number): boolean =>
  ((to - at) / (to - from)) * widthPx < EDGE_PX;
