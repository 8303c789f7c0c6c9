// What a chart is, as data: sections are lists of these. Values become lines by pure functions.

import type { Facts, Function as Fold, FrameSeries, Question, Value } from "../api/types";
import type { Unit } from "../format/units";
import type { Table } from "../state/frames";
import type { SeriesColour } from "./palette";

export interface Threshold {
  at: number;
  level: "warn" | "crit";
  text: string;
}

/** A line from one field, or computed from several (`of` gets them in the order of `fields`). */
export interface FieldLine {
  name: string;
  fields: string[];
  of?: (values: number[]) => number;
  colour: SeriesColour;
  dash?: number[];
  fill?: boolean;
  below?: boolean; // drawn downwards from zero
}

/** One line per value of a tag. */
export interface TagLines {
  by: string;
  field: string;
  of?: (value: number) => number;
  skip?: RegExp;
}

export interface ChartSpec {
  id: string;
  title: string;
  unit: Unit;
  note?: string; // after the unit: "read up, write down"
  measurement: string;
  tags?: Record<string, string[]>;
  fold: Fold;
  lines: FieldLine[] | TagLines;
  stacked?: boolean;
  max?: number;
  each?: { tag: string; skip: RegExp; most: number }; // one chart per value of a tag
  threshold?: (facts: Facts) => Threshold | null;
}

export interface Line {
  name: string;
  colour: SeriesColour;
  dash: number[];
  fill: boolean;
  below: boolean;
  values: (number | null)[];
  px?: number; // width of the line
  draw?: "lines" | "bars" | "points";
  right?: boolean; // measured by the axis at the right
}

const MOST_LINES = 8; // colours are never cycled: past eight, the top seven and the rest
const DASHES = [[], [], [5, 2], [2, 2], [5, 2], [2, 2], [5, 2], [2, 2]];

export const fieldsOf = (spec: ChartSpec): string[] =>
  Array.isArray(spec.lines) ? [...new Set(spec.lines.flatMap((line) => line.fields))] : [spec.lines.field];

/** The question that feeds a chart of `width` pixels. */
export function questionOf(spec: ChartSpec, node: string, width: number): Question {
  const select = {
    measurement: spec.measurement,
    fields: fieldsOf(spec),
    tags: spec.tags ?? {},
    nodes: [node],
  };
  return { select, function: spec.fold, step_ns: 1e9, width: Math.max(60, Math.round(width)), limit: 500 };
}

export function linesOf(spec: ChartSpec, table: Table): Line[] {
  return Array.isArray(spec.lines) ? byField(spec.lines, table) : byTag(spec, spec.lines, table);
}

const numeric = (value: Value | undefined): number | null => (typeof value === "number" ? value : null);

function byField(lines: FieldLine[], table: Table): Line[] {
  const made: Line[] = [];
  for (const line of lines) {
    const columns = line.fields.map(
      (field) => table.values[table.series.findIndex((s) => s.field === field)],
    );
    if (columns.some((column) => !column)) continue; // not measured here
    const values = table.times.map((_, row) => cell(columns as Value[][], row, line.of));
    made.push({
      name: line.name,
      colour: line.colour,
      dash: line.dash ?? [],
      fill: line.fill ?? false,
      below: line.below ?? false,
      values: line.below ? values.map((value) => (value === null ? null : -value)) : values,
    });
  }
  return made;
}

function cell(columns: Value[][], row: number, of?: (values: number[]) => number): number | null {
  const numbers: number[] = [];
  for (const column of columns) {
    const value = numeric(column[row]);
    if (value === null) return null;
    numbers.push(value);
  }
  return of ? of(numbers) : (numbers[0] ?? null);
}

export const tagOf = (series: FrameSeries, key: string): string =>
  series.tags.find(([name]) => name === key)?.[1] ?? "";

function byTag(spec: ChartSpec, { by, of, skip }: TagLines, table: Table): Line[] {
  const all = table.series
    .map((series, index) => ({ name: tagOf(series, by), column: table.values[index] ?? [] }))
    .filter(({ name }) => name && !skip?.test(name))
    .map(({ name, column }) => ({ name, values: column.map((value) => apply(numeric(value), of)) }));
  const merged = [...mergedByName(all)];
  const keep = merged.length > MOST_LINES ? largest(merged, MOST_LINES - 1) : merged;
  const sorted = keep.sort((a, b) => a.name.localeCompare(b.name, "en", { numeric: true }));
  const rest = merged.filter((line) => !keep.includes(line));
  if (rest.length) sorted.push(restOf(spec, rest));
  return sorted.map((line, index) => ({
    ...line,
    colour: (index + 1) as SeriesColour,
    dash: DASHES[index] ?? [],
    fill: sorted.length === 1,
    below: false,
  }));
}

const apply = (value: number | null, of?: (value: number) => number) =>
  value === null || !of ? value : of(value);

interface Column {
  name: string;
  values: (number | null)[];
}

/** Two series of one name follow each other in time (a remount changes other tags): one line. */
function mergedByName(columns: Column[]): Iterable<Column> {
  const found = new Map<string, Column>();
  for (const column of columns) {
    const before = found.get(column.name);
    if (!before) found.set(column.name, column);
    else before.values = before.values.map((value, row) => value ?? column.values[row] ?? null);
  }
  return found.values();
}

function largest(columns: Column[], count: number): Column[] {
  const peak = (column: Column) => column.values.reduce<number>((top, value) => Math.max(top, value ?? 0), 0);
  return [...columns].sort((a, b) => peak(b) - peak(a)).slice(0, count);
}

/** Shares and temperatures can't be added: there the rest is its highest value. */
function restOf(spec: ChartSpec, rest: Column[]): Column {
  const highest = spec.unit === "percent" || spec.unit === "celsius";
  const values = (rest[0]?.values ?? []).map((_, row) => {
    const present = rest
      .map((line) => line.values[row])
      .filter((value): value is number => typeof value === "number");
    if (!present.length) return null;
    return highest ? Math.max(...present) : present.reduce((sum, value) => sum + value, 0);
  });
  return { name: `${rest.length} more${highest ? ", highest" : ""}`, values };
}
