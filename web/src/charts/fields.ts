// From answers to fields: what a panel shows, with everything its dashboard says of it. One field is one column of one series.

import type { FieldOverride, Panel, QueryAnswer, Threshold, ThresholdMode, ValueMapping } from "../api/types";
import { type Quantity, quantity } from "../format/quantities";
import { exactly } from "../format/times";
import { calculated, type Raw } from "./calculations";
import { type Level, levelOf, mapped, reached } from "./levels";
import { patternOf } from "./patterns";

export interface Look {
  unit: string;
  decimals: number | null;
  min: number | null;
  max: number | null;
  thresholds: readonly Threshold[];
  mode: ThresholdMode;
  mappings: readonly ValueMapping[];
  whole: boolean; // counts: integers that are what they are
  override: FieldOverride | null;
}

export interface Field extends Look {
  key: string; // tells it apart from all others of the panel
  query: number;
  label: string;
  column: string;
  series: string; // the measurement
  tags: Record<string, string>;
  times: number[]; // seconds; empty where rows have no times
  values: Raw[];
  stepS: number; // between rows, when the query grouped by time
  hidden: boolean;
}

/** Something to show in place of a value. */
export interface Shown extends Quantity {
  value: Raw;
  level: Level;
  colour: string; // as the dashboard names it; "" for none
}

export function overrideOf(panel: Panel, ...names: string[]): FieldOverride | null {
  const fits = ({ field, pattern }: FieldOverride) =>
    field
      ? names.includes(field)
      : pattern !== "" && names.some((name) => patternOf(pattern)?.test(name.slice(0, 300)));
  const found = panel.overrides.filter(fits);
  return found.length ? found.reduce(merged) : null;
}

/** A later override wins where it says something. */
function merged(before: FieldOverride, after: FieldOverride): FieldOverride {
  const said = Object.entries(after).filter(
    ([, value]) =>
      value !== "" && value !== null && value !== false && !(Array.isArray(value) && !value.length),
  );
  return { ...before, ...Object.fromEntries(said), hide: before.hide || after.hide };
}

export function lookOf(panel: Panel, override: FieldOverride | null): Look {
  const own = override?.thresholds.length ? override : null;
  return {
    unit: override?.unit || panel.unit,
    decimals: override?.decimals ?? panel.decimals,
    min: override?.min ?? panel.options.min,
    max: override?.max ?? panel.options.max,
    thresholds: own?.thresholds ?? panel.thresholds,
    mode: own?.threshold_mode ?? panel.threshold_mode,
    mappings: override?.mappings.length ? override.mappings : panel.mappings,
    whole: false,
    override,
  };
}

/** Every field of a panel's answers, hidden ones among them: thresholds in percent look at those too. */
export function fieldsOf(panel: Panel, answers: readonly QueryAnswer[]): Field[] {
  const fields = answers.flatMap((answer) =>
    answer.series.flatMap((series, index) =>
      series.columns.map((column, at) => {
        const override = overrideOf(panel, column.label, column.name);
        return {
          ...lookOf(panel, override),
          whole: WHOLE.includes(column.kind),
          key: `${answer.query}.${index}.${at}`,
          query: answer.query,
          label: override?.label || column.label,
          column: column.name,
          series: series.name,
          tags: series.tags,
          times: series.times?.map((ms) => ms / 1000) ?? [],
          values: column.values as Raw[],
          stepS: answer.interval_ms / 1000,
          hidden: override?.hide ?? false,
        };
      }),
    ),
  );
  return fields.map((field) => (isPercent(field) ? { ...field, max: largest(fields) } : field));
}

const WHOLE = ["integer", "unsigned"];

const isPercent = (field: Field): boolean => field.mode === "percent" && field.max === null;

function largest(fields: readonly Field[]): number | null {
  let top: number | null = null;
  for (const { values } of fields)
    for (const value of values) if (typeof value === "number" && (top === null || value > top)) top = value;
  return top;
}

export const isNumeric = (field: Field): boolean => field.values.some((value) => typeof value === "number");

/** One value as a panel writes it: mapped, with its unit, and the level its thresholds give it. */
export function shown(value: Raw, look: Look, empty = ""): Shown {
  const words = mapped(value, look.mappings);
  const limit = typeof value === "number" ? reached(value, look) : null;
  const colour = words?.color || limit?.color || "";
  const written = words?.text ? { text: words.text, unit: "" } : writtenOf(value, look, empty);
  return { value, ...written, level: levelOf(colour), colour };
}

function writtenOf(value: Raw, { unit, decimals, whole }: Look, empty: string): Quantity {
  if (value === null) return { text: empty || "–", unit: "" };
  if (typeof value === "number") return quantity(unit, value, decimals, whole);
  return { text: String(value), unit: "" };
}

/** The one value of a field. */
export const calculatedOf = (panel: Panel, field: Field): Raw =>
  calculated(panel.options.calculation, field.values);

/** Fields for tiles, gauges and bars: those that are not hidden, in the wanted order, at most so many. */
export function tilesOf(panel: Panel, fields: readonly Field[], most: number): { field: Field; at: Shown }[] {
  const tiles = fields
    .filter((field) => !field.hidden)
    .map((field) => ({ field, at: shown(calculatedOf(panel, field), field, panel.options.empty) }));
  const { sort_by: by, descending, rows } = panel.options;
  const sorted = by ? tiles.sort((a, b) => byName(a.field.label, b.field.label)) : tiles;
  if (by && descending) sorted.reverse();
  return sorted.slice(0, Math.min(most, rows || most));
}

export const byName = (a: string, b: string): number => a.localeCompare(b, "en", { numeric: true });

export const timeText = (seconds: number): string => exactly(seconds * 1000);

/** A number of a file: all its digits, no unit. */
export const plainText = (value: Raw): string =>
  typeof value === "number" ? String(value) : value === null ? "" : String(value);
