// Distributions: how often values fall into ranges, over the whole time (histogram) or per piece of it (heat map).

type Cell = number | null;

export interface Buckets {
  edges: number[]; // one more than there are counts
  counts: number[];
}

const MOST_BUCKETS = 30;
const ROUND = [1, 2, 2.5, 5, 10];

/** A round width that splits the span into about so many parts. */
export function roundStep(span: number, parts: number): number {
  if (!(span > 0)) return 1;
  const raw = span / Math.max(1, parts);
  const magnitude = 10 ** Math.floor(Math.log10(raw));
  const round = ROUND.find((each) => each * magnitude >= raw * 0.999) ?? 10;
  return round * magnitude;
}

/** Ranges of equal, round width that hold all values. */
export function edgesOf(values: readonly Cell[], parts = MOST_BUCKETS): number[] {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const value of values) {
    if (value === null || !Number.isFinite(value)) continue;
    if (value < low) low = value;
    if (value > high) high = value;
  }
  if (low > high) return [];
  const step = roundStep(high - low, parts);
  const first = Math.floor(low / step);
  const last = Math.max(first + 1, Math.floor(high / step) + 1);
  return Array.from({ length: last - first + 1 }, (_, index) => tidy((first + index) * step));
}

/** Without the dust of binary fractions: 0.30000000000000004 is 0.3. */
const tidy = (value: number): number => Number(value.toPrecision(12));

/** In which range a value lies; the last one holds its own upper edge too. */
export function bucketOf(edges: readonly number[], value: number): number {
  const [first = 0, second = 1] = edges;
  const at = Math.floor((value - first) / (second - first) + 1e-9);
  return Math.max(0, Math.min(edges.length - 2, at));
}

export function histogramOf(values: readonly Cell[], parts = MOST_BUCKETS): Buckets {
  const edges = edgesOf(values, parts);
  const counts = Array<number>(Math.max(0, edges.length - 1)).fill(0);
  for (const value of values) {
    if (value === null || !Number.isFinite(value)) continue;
    const at = bucketOf(edges, value);
    counts[at] = (counts[at] ?? 0) + 1;
  }
  return { edges, counts };
}

export interface HeatMap {
  fromS: number;
  stepS: number;
  columns: number[][]; // one per piece of time: counts per range
  edges: number[];
  most: number;
}

/** Counts per piece of time and range; `pieces` columns between the edges of the time range. */
export function heatMapOf(
  times: readonly number[],
  lines: readonly (readonly Cell[])[],
  fromS: number,
  toS: number,
  pieces: number,
  parts: number,
): HeatMap {
  const edges = edgesOf(lines.flat(), parts);
  const stepS = Math.max(1e-3, (toS - fromS) / Math.max(1, pieces));
  const columns = Array.from({ length: Math.max(1, pieces) }, () =>
    Array<number>(Math.max(0, edges.length - 1)).fill(0),
  );
  let most = 0;
  for (const line of lines)
    line.forEach((value, row) => {
      const column = columns[Math.floor(((times[row] ?? 0) - fromS) / stepS)];
      if (!column || value === null || !Number.isFinite(value)) return;
      const at = bucketOf(edges, value);
      column[at] = (column[at] ?? 0) + 1;
      most = Math.max(most, column[at] ?? 0);
    });
  return { fromS, stepS, columns, edges, most };
}
