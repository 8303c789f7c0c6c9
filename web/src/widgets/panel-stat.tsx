// A panel of single values: quiet inside its limits, tinted and marked past them.

import { useMemo } from "preact/hooks";
import type { Panel } from "../api/types";
import { type Field, type Shown, tilesOf } from "../charts/fields";
import { levelOf, percentOf, reached } from "../charts/levels";
import { aligned } from "../charts/panel-lines";
import { quantityText } from "../format/quantities";
import { Mark } from "./icon";

const MOST = 60;
const [SPARK_W, SPARK_H] = [120, 28];
const MOST_POINTS = 120;

interface PanelStatProps {
  panel: Panel;
  fields: Field[];
}

export function PanelStat({ panel, fields }: PanelStatProps) {
  const tiles = useMemo(() => tilesOf(panel, fields, MOST), [panel, fields]);
  const one = tiles.length === 1;
  // Of several queries one alone has an answer: which one has to be said.
  const asked = panel.queries.filter((query) => !query.hide).length;
  const named = !one || new Set(fields.map((field) => field.query)).size < asked;
  return (
    <div class={one ? "stats one" : "stats"}>
      {tiles.map(({ field, at }) => (
        <Stat key={field.key} panel={panel} field={field} at={at} label={named ? field.label : ""} />
      ))}
    </div>
  );
}

interface StatProps {
  panel: Panel;
  field: Field;
  at: Shown;
  label: string;
}

function Stat({ panel, field, at, label }: StatProps) {
  const paint = field.override?.paint ?? panel.options.paint;
  const level = paint === "none" ? "" : at.level;
  const note = noteOf(field, at);
  const none = at.value === null && !at.level;
  return (
    <div class={`stat ${paint} ${level && `lv-${level}`}`}>
      {label && <span class="of">{label}</span>}
      <p class={none ? "value none" : "value"}>
        <b>{at.text}</b>
        {at.unit && <small>{at.unit}</small>}
        {(level === "warn" || level === "crit") && <Mark name={level} />}
      </p>
      {note && <em>{note}</em>}
      {panel.options.sparkline && <Spark field={field} />}
    </div>
  );
}

const GRAVITY: Record<string, number> = { warn: 1, crit: 2 };

/** What the value is measured by: its share of the most there can be, or the limit it has passed. */
function noteOf(field: Field, { value, level }: Shown): string {
  if (typeof value !== "number") return "";
  if (field.mode === "percent" && field.max !== null) return `${Math.round(percentOf(value, field))} %`;
  const limit = reached(value, field)?.value;
  if (!level || typeof limit !== "number") return "";
  // Where less is worse, the limit that was reached is not the one that was passed.
  const below = reached(limit - Math.abs(limit) * 1e-9 - 1e-9, field);
  const worse = (GRAVITY[level] ?? 0) > (GRAVITY[levelOf(below?.color ?? "")] ?? 0);
  return worse ? `limit ${quantityText(field.unit, limit, field.decimals)}` : "";
}

/** The way here, as wide as the tile: between its own lowest and highest value. */
function Spark({ field }: { field: Field }) {
  const path = useMemo(() => pathOf(thinned(aligned([field]).columns[0] ?? [])), [field]);
  return (
    <svg class="way" viewBox={`0 0 ${SPARK_W} ${SPARK_H}`} preserveAspectRatio="none" aria-hidden="true">
      <path class="area" d={path && `${path}V${SPARK_H}H0Z`} />
      <path d={path} />
    </svg>
  );
}

/** Every so manieth value: a tile has no room for more. */
function thinned(values: (number | null)[]): number[] {
  const there = values.filter((value): value is number => value !== null);
  const step = Math.max(1, Math.ceil(there.length / MOST_POINTS));
  return there.filter((_, at) => at % step === 0 || at === there.length - 1);
}

function pathOf(values: number[]): string {
  if (values.length < 2) return "";
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const y = (value: number) =>
    high > low ? 2 + ((high - value) / (high - low)) * (SPARK_H - 4) : SPARK_H / 2;
  const step = SPARK_W / (values.length - 1);
  return values
    .map((value, at) => `${at ? "L" : "M"}${(at * step).toFixed(1)} ${y(value).toFixed(1)}`)
    .join("");
}
