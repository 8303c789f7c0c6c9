// Gaps: where values are missing for longer than their own rhythm, the line breaks and the plot is hatched.
// A value every 10 s drawn at 1 s is no gap; a line is never smoothed across a real one.

export type Cell = number | null | undefined; // null breaks the line, undefined is drawn through

export interface Prepared {
  times: number[];
  columns: Cell[][];
  gaps: [fromS: number, toS: number][];
}

const MISSED = 2.5; // intervals without a value that make a gap
const SHORTEST_S = 3.5; // a late second is not a gap

/** `edgeS`: the right edge of the plot; data that ends well before it leaves an open gap. */
export function prepare(
  times: number[],
  columns: (number | null)[][],
  stepS: number,
  edgeS: number,
): Prepared {
  const present = times.map((_, row) =>
    columns.some((column) => column[row] !== null && column[row] !== undefined),
  );
  const limit = limitOf(filledTimes(times, present), stepS);
  const made = withBreaks(times, columns, present, limit);
  const gaps = gapsOf(times, present, limit, edgeS);
  return { times: made.times, columns: made.columns.map((column) => drawn(made.times, column, stepS)), gaps };
}

const filledTimes = (times: number[], present: boolean[]): number[] => times.filter((_, row) => present[row]);

function limitOf(filled: number[], stepS: number): number {
  return Math.max(SHORTEST_S, MISSED * Math.max(stepS, rhythm(filled)));
}

/** The usual distance of two values: the median. */
function rhythm(filled: number[]): number {
  const deltas: number[] = [];
  for (let index = 1; index < filled.length; index += 1)
    deltas.push((filled[index] ?? 0) - (filled[index - 1] ?? 0));
  deltas.sort((a, b) => a - b);
  return deltas[deltas.length >> 1] ?? 0;
}

/** Long holes in the time axis get one empty row, because the plot breaks only at a row. */
function withBreaks(times: number[], columns: (number | null)[][], present: boolean[], limit: number) {
  const made = { times: [] as number[], columns: columns.map(() => [] as (number | null)[]) };
  let last = Number.NaN;
  times.forEach((time, row) => {
    if (present[row]) {
      if (time - last > limit) put(made, (time + last) / 2, columns, -1);
      last = time;
    }
    const before = made.times[made.times.length - 1];
    if (before === undefined || time > before) put(made, time, columns, row);
  });
  return made;
}

function put(
  made: { times: number[]; columns: (number | null)[][] },
  time: number,
  columns: (number | null)[][],
  row: number,
): void {
  made.times.push(time);
  columns.forEach((column, index) => {
    made.columns[index]?.push(row < 0 ? null : (column[row] ?? null));
  });
}

/** Short holes of one column are drawn through, long ones break. */
function drawn(times: number[], column: (number | null)[], stepS: number): Cell[] {
  const filled: number[] = [];
  column.forEach((value, row) => {
    if (value !== null) filled.push(row);
  });
  const limit = limitOf(
    filled.map((row) => times[row] ?? 0),
    stepS,
  );
  const out: Cell[] = [...column];
  for (let index = 1; index < filled.length; index += 1) {
    const [from, to] = [filled[index - 1] ?? 0, filled[index] ?? 0];
    if ((times[to] ?? 0) - (times[from] ?? 0) <= limit) out.fill(undefined, from + 1, to);
  }
  return out;
}

function gapsOf(times: number[], present: boolean[], limit: number, edgeS: number): [number, number][] {
  const gaps: [number, number][] = [];
  let last = Number.NaN;
  times.forEach((time, row) => {
    if (!present[row]) return;
    if (time - last > limit) gaps.push([last, time]);
    last = time;
  });
  if (edgeS - last > limit + 2) gaps.push([last, edgeS]); // 2 s: the way of a value to this screen
  return gaps;
}
