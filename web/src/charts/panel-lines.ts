// Fields of a panel as lines of a chart: one time axis for all, colours and dashes by order, the rest in one line.

import type { Panel } from "../api/types";
import type { Raw } from "./calculations";
import type { Line } from "./chart";
import { type Field, isNumeric } from "./fields";
import { seriesOf } from "./levels";
import type { SeriesColour } from "./palette";

export interface Drawn {
  times: number[]; // seconds, ascending
  lines: Line[];
  fields: Field[]; // beside the lines; the rest has none
  stepS: number;
}

const MOST = 8; // colours are never cycled: past eight, the top seven and the rest
const DASHES = [[], [], [5, 2], [2, 2], [5, 2], [2, 2], [5, 2], [2, 2]];

const numeric = (value: Raw | undefined): number | null => (typeof value === "number" ? value : null);

/** Columns on one time axis; a row that a series does not have is empty there. */
export function aligned(fields: readonly Field[]): { times: number[]; columns: (number | null)[][] } {
  const [first] = fields;
  if (first && fields.every((field) => sameTimes(field.times, first.times)))
    return { times: first.times, columns: fields.map((field) => field.values.map(numeric)) };
  const times = [...new Set(fields.flatMap((field) => field.times))].sort((a, b) => a - b);
  const rows = new Map(times.map((time, row) => [time, row]));
  const columns = fields.map((field) => {
    const column = Array<number | null>(times.length).fill(null);
    field.times.forEach((time, at) => {
      column[rows.get(time) ?? 0] = numeric(field.values[at]);
    });
    return column;
  });
  return { times, columns };
}

const sameTimes = (a: number[], b: number[]): boolean =>
  a === b || (a.length === b.length && a.every((time, row) => time === b[row]));

export function drawnOf(panel: Panel, all: readonly Field[]): Drawn {
  const { hide_zero: skipZero } = panel.options;
  const wanted = all.filter(
    (field) =>
      !field.hidden &&
      field.times.length > 0 &&
      isNumeric(field) &&
      !(skipZero && field.values.every(isZero)),
  );
  const kept = wanted.length > MOST ? largest(wanted, MOST - 1) : wanted;
  const rest = wanted.filter((field) => !kept.includes(field));
  const { times, columns } = aligned([...kept, ...rest]);
  const colours = coloursOf(kept);
  const lines = kept.map((field, at) => lineOf(panel, field, columns[at] ?? [], colours[at] ?? 1, at));
  if (rest.length) lines.push(restOf(columns.slice(kept.length), rest.length));
  return { times, lines, fields: [...kept], stepS: Math.max(0, ...wanted.map((field) => field.stepS)) };
}

const isZero = (value: Raw): boolean => value === null || value === 0;

function largest(fields: readonly Field[], count: number): Field[] {
  const peak = (field: Field) =>
    field.values.reduce<number>((top, value) => Math.max(top, Math.abs(numeric(value) ?? 0)), 0);
  const top = [...fields].sort((a, b) => peak(b) - peak(a)).slice(0, count);
  return fields.filter((field) => top.includes(field));
}

/** Wished colours first; the others take what is free, in order. */
function coloursOf(fields: readonly Field[]): SeriesColour[] {
  const wished = fields.map((field) => seriesOf(field.override?.color ?? ""));
  const taken = new Set<SeriesColour>();
  const first = wished.map((colour) => {
    if (colour === null || taken.has(colour)) return null;
    taken.add(colour);
    return colour;
  });
  const free = ([1, 2, 3, 4, 5, 6, 7, 8] as SeriesColour[]).filter((colour) => !taken.has(colour));
  return first.map((colour) => colour ?? free.shift() ?? 8);
}

function lineOf(
  panel: Panel,
  field: Field,
  values: (number | null)[],
  colour: SeriesColour,
  at: number,
): Line {
  const { options } = panel;
  return {
    name: field.label,
    colour,
    dash: DASHES[at] ?? [],
    fill: options.fill_percent > 0,
    below: false,
    values,
    px: Math.max(1, field.override?.line_px ?? options.line_px),
    draw: field.override?.draw ?? options.draw,
    right: field.override?.axis === "right",
  };
}

/** What the remaining series come to at most: values of unknown kinds can't be added. */
function restOf(columns: (number | null)[][], count: number): Line {
  const values = (columns[0] ?? []).map((_, row) => {
    const there = columns.map((column) => column[row]).filter((value) => typeof value === "number");
    return there.length ? Math.max(...there) : null;
  });
  return { name: `${count} more, highest`, colour: 8, dash: [2, 2], fill: false, below: false, values };
}
