// A state timeline: stretches of time in which a value stayed the same.

export type State = number | string | boolean;

export interface Run {
  fromS: number;
  toS: number;
  value: State;
}

const MISSED = 2.5; // intervals without a value after which nothing is known

/** Joins equal neighbours; a value holds until the next one, but no longer than it is usual here. */
export function runsOf(times: readonly number[], values: readonly (State | null)[], toS: number): Run[] {
  const rows = times.flatMap((time, row) => {
    const value = values[row];
    return value === null || value === undefined ? [] : [{ time, value }];
  });
  const longest = usual(rows.map((row) => row.time)) * MISSED;
  const runs: Run[] = [];
  rows.forEach(({ time, value }, index) => {
    const next = rows[index + 1]?.time ?? toS;
    const end = Math.max(time, longest > 0 ? Math.min(next, time + longest) : next);
    const before = runs.at(-1);
    if (before && before.value === value && before.toS >= time) before.toS = end;
    else runs.push({ fromS: time, toS: end, value });
  });
  return runs;
}

/** The median distance of two values; 0 when there is only one. */
function usual(times: number[]): number {
  const distances = times.slice(1).map((time, index) => time - (times[index] ?? 0));
  distances.sort((a, b) => a - b);
  return distances[distances.length >> 1] ?? 0;
}

/** How much of the time each value held, the longest first. */
export function shares(runs: readonly Run[]): [value: State, seconds: number][] {
  const found = new Map<State, number>();
  for (const run of runs) found.set(run.value, (found.get(run.value) ?? 0) + run.toS - run.fromS);
  return [...found].sort((a, b) => b[1] - a[1]);
}
