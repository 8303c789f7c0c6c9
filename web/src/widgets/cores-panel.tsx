// One square per core, filled from below, with its number: the whole processor at the cursor's moment.

import { useMemo, useRef } from "preact/hooks";
import { type ChartSpec, questionOf, tagOf } from "../charts/chart";
import { nearestRow } from "../charts/rows";
import { atSecond, duration } from "../format/times";
import { cursor } from "../state/cursor";
import type { Table } from "../state/frames";
import { range } from "../state/range";
import { feed } from "../state/watches";
import { useFeed } from "./use-feed";

const CORES: ChartSpec = {
  id: "cores",
  title: "Cores",
  unit: "percent",
  measurement: "cpu",
  fold: "mean",
  lines: { by: "cpu", field: "usage_idle", of: busy, skip: /total/ },
};
const POINTS = 120; // squares need less than lines
const HOT = 80;
const DIM = 20;

function busy(idle: number): number {
  return Math.max(0, Math.min(100, 100 - idle));
}

export function CoresPanel({ node, cores }: { node: string; cores: string[] }) {
  const host = useRef<HTMLElement>(null);
  const { table } = useFeed(host, node + cores.length, feed, () => ({
    ...questionOf(CORES, node, POINTS),
    select: selectOf(node, cores),
  }));
  const at = cursor.value;
  const values = useMemo(() => coresAt(table, at), [table, at]);
  return (
    <article class="chart cores" ref={host}>
      <header>
        <h3>Cores</h3>
        <span class="unit">
          %{" "}
          {at === null
            ? range.value.live
              ? latest(table.stepS)
              : "at the end"
            : `at ${atSecond(at * 1000)}`}
        </span>
      </header>
      <ol class={values.length > 32 ? "many" : ""} style={{ "--columns": columnsFor(values.length) }}>
        {values.map(({ name, value }) => (
          <li
            key={name}
            class={tone(value)}
            style={{ "--v": (value ?? 0).toFixed(0) }}
            title={`${name}: ${text(value)} %`}
          >
            <span class="vh">{name}</span>
            <b>{text(value)}</b>
          </li>
        ))}
      </ol>
    </article>
  );
}

const latest = (stepS: number): string => (stepS <= 15 ? "now" : `mean of the last ${duration(stepS)}`);

/** Squares, as near as they get: rows and columns of about the same number, wider than high. */
const columnsFor = (count: number): number =>
  Math.min(16, Math.max(1, count <= 4 ? count : Math.ceil(Math.sqrt(count * 2))));

const selectOf = (node: string, cores: string[]) => ({
  measurement: "cpu",
  fields: ["usage_idle"],
  tags: { cpu: cores },
  nodes: [node],
});

const text = (value: number | null): string => (value === null ? "–" : value.toFixed(0));
const tone = (value: number | null): string =>
  value === null || value < DIM ? "dim" : value >= HOT ? "hot" : "";

function coresAt(table: Table, at: number | null): { name: string; value: number | null }[] {
  return table.series
    .map((series, index) => {
      const column = (table.values[index] ?? []).map((value) =>
        typeof value === "number" ? busy(value) : null,
      );
      const row =
        at === null ? column.findLastIndex((value) => value !== null) : nearestRow(table.times, column, at);
      return { name: tagOf(series, "cpu"), value: row < 0 ? null : (column[row] ?? null) };
    })
    .sort((a, b) => a.name.localeCompare(b.name, "en", { numeric: true }));
}
