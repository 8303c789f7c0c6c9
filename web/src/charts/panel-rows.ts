// A table from answers: a row for each time and series, with time, tags and columns. Answers that have the same tags and
// times share their rows, so that two queries by path stand side by side.

import type { Panel } from "../api/types";
import { atSecond } from "../format/times";
import type { Raw } from "./calculations";
import { byName, type Field, type Look, lookOf, overrideOf } from "./fields";

export interface TableColumn extends Look {
  name: string;
  kind: "time" | "tag" | "value";
  numeric: boolean;
  widthPx: number; // 0: as wide as it needs
}

export interface TableRow {
  key: string;
  cells: Raw[]; // beside the columns; times in seconds
}

export interface TableData {
  columns: TableColumn[];
  rows: TableRow[];
  total: number; // rows there are, shown or not
  daily: boolean; // each stands for the day that its time begins
}

export interface Order {
  column: string;
  descending: boolean;
}

const TIME = "Time";
const NEWEST_FIRST: Order = { column: TIME, descending: true };

export function tableOf(
  panel: Panel,
  fields: readonly Field[],
  order: Order | null,
  most: number,
): TableData {
  const { hide_time: hideTime, rows: wanted, sort_by: by, descending } = panel.options;
  const timed = fields.some((field) => field.times.length > 0) && !hideTime;
  const tags = [...new Set(fields.flatMap((field) => Object.keys(field.tags)))];
  const nameOf = namesOf(panel, fields);
  const names = [...new Set(fields.map(nameOf))];
  const columns = [
    ...(timed ? [columnOf(panel, TIME, "time", [])] : []),
    ...tags.map((tag) => columnOf(panel, tag, "tag", [])),
    ...names.map((name) =>
      columnOf(
        panel,
        name,
        "value",
        fields.filter((field) => nameOf(field) === name),
      ),
    ),
  ];
  const all = rowsOf(fields, tags, nameOf, names, timed);
  const seen = columns.map((column, at) => ({ column, at })).filter(({ column }) => !column.override?.hide);
  const shownColumns = seen.map(({ column }) => column);
  const rows = all.map((row) => ({ key: row.key, cells: seen.map(({ at }) => row.cells[at] ?? null) }));
  const usual = by ? { column: by, descending } : timed ? NEWEST_FIRST : null;
  sortRows(rows, shownColumns, order ?? usual);
  return {
    columns: shownColumns,
    rows: rows.slice(0, Math.min(most, wanted || most)),
    total: rows.length,
    daily: timed && all.every(({ cells: [time] }) => typeof time === "number" && isMidnight(time)),
  };
}

const isMidnight = (s: number): boolean => atSecond(s * 1000) === "00:00:00";

type NameOf = (field: Field) => string;

/**
 * Tags have columns of their own, so a value goes by its column alone. Where two queries have one of that name by the same
 * tags, its legend tells them apart, or else a number; by other tags their rows lie below each other.
 */
function namesOf(panel: Panel, fields: readonly Field[]): NameOf {
  const shapeOf = ({ column, tags }: Field) => JSON.stringify([column, Object.keys(tags).sort()]);
  const queries = new Map<string, Set<number>>();
  for (const field of fields) {
    const shape = shapeOf(field);
    queries.set(shape, (queries.get(shape) ?? new Set()).add(field.query));
  }
  return (field) => {
    if (field.override?.label) return field.override.label;
    if ((queries.get(shapeOf(field))?.size ?? 0) < 2) return field.column;
    return panel.queries[field.query]?.legend ? field.label : `${field.column} ${field.query + 1}`;
  };
}

function columnOf(panel: Panel, name: string, kind: TableColumn["kind"], own: readonly Field[]): TableColumn {
  const override = overrideOf(
    panel,
    name,
    ...(kind === "time" ? ["time"] : own.map((field) => field.column)),
  );
  const look = own[0] ?? { ...lookOf(panel, override), unit: override?.unit ?? "" };
  const numeric = kind === "value" && own.some((field) => field.values.some((v) => typeof v === "number"));
  return {
    ...look,
    override,
    name: kind === "value" ? name : override?.label || name,
    kind,
    numeric,
    widthPx: override?.width_px ?? 0,
  };
}

function rowsOf(
  fields: readonly Field[],
  tags: string[],
  nameOf: NameOf,
  names: string[],
  timed: boolean,
): TableRow[] {
  const rows = new Map<string, Raw[]>();
  const offset = (timed ? 1 : 0) + tags.length;
  for (const field of fields) {
    const own = tags.map((tag) => field.tags[tag] ?? null);
    const at = offset + names.indexOf(nameOf(field));
    field.values.forEach((value, index) => {
      const time = field.times[index];
      const key = JSON.stringify([...sameRow(field, index, timed), own]);
      const head = timed ? [time ?? null, ...own] : own;
      const row = rows.get(key) ?? [...head, ...names.map(() => null)];
      row[at] = value;
      rows.set(key, row);
    });
  }
  return [...rows].map(([key, cells]) => ({ key, cells }));
}

/** What makes two values one row beside their tags: the time, unless it is not shown and each series has but one value. */
function sameRow({ times, values, series }: Field, index: number, timed: boolean): (string | number)[] {
  const time = times[index];
  if (time === undefined) return [`#${index}`, series];
  return timed || values.length > 1 ? [time] : [""];
}

function sortRows(rows: TableRow[], columns: TableColumn[], order: Order | null): void {
  const isIt = ({ name, kind }: TableColumn) =>
    name === order?.column || (kind === "time" && order?.column === "time");
  const at = columns.findIndex(isIt);
  if (at < 0 || !order) return;
  const sign = order.descending ? -1 : 1;
  rows.sort((a, b) => compared(a.cells[at] ?? null, b.cells[at] ?? null, sign));
}

/** What is missing comes last in both directions. */
function compared(a: Raw, b: Raw, sign: number): number {
  if (a === null || b === null) return a === b ? 0 : a === null ? 1 : -1;
  if (typeof a === "number" && typeof b === "number") return sign * (a - b);
  return sign * byName(String(a), String(b));
}
