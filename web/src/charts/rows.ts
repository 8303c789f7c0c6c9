// Finding rows: the one a cursor means (the nearest that holds a value, unless that lies across a gap), and those that stand alone.

import { lowerBound } from "../state/frames";

const REACH = 3; // rows to either side: a slower series between the rows of a faster one

export function nearestRow(times: number[], values: (number | null)[], at: number): number {
  const near = lowerBound(times, at);
  let best = -1;
  for (let row = Math.max(0, near - REACH); row < Math.min(times.length, near + REACH); row += 1) {
    if (values[row] === null || values[row] === undefined) continue;
    if (best < 0 || distance(times, row, at) < distance(times, best, at)) best = row;
  }
  if (best < 0) return -1;
  const rhythm =
    times.length > 1 ? ((times[times.length - 1] ?? 0) - (times[0] ?? 0)) / (times.length - 1) : 1;
  return distance(times, best, at) <= Math.max(3, rhythm * REACH) ? best : -1;
}

const distance = (times: number[], row: number, at: number): number => Math.abs((times[row] ?? 0) - at);

/** Values with a gap on both sides: no line holds them, so they are drawn as dots. */
export function alone(column: ArrayLike<number | null | undefined> | undefined): number[] {
  const cells = Array.from(column ?? []);
  const rows: number[] = [];
  let open = true; // nothing to the left that a line could come from
  cells.forEach((value, row) => {
    if (value === undefined) return;
    if (value !== null && open && cells.slice(row + 1).find((next) => next !== undefined) == null)
      rows.push(row);
    open = value === null;
  });
  return rows;
}
