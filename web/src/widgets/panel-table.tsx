// A panel as a table: sorted by a press on a head, cells coloured by their limits, shares as a bar behind the number.

import { useSignal } from "@preact/signals";
import { useMemo } from "preact/hooks";
import type { Panel } from "../api/types";
import type { Raw } from "../charts/calculations";
import { type Field, shown } from "../charts/fields";
import { percentOf } from "../charts/levels";
import { type Order, type TableColumn, tableOf } from "../charts/panel-rows";
import { atSecond, dated, exactly, moment } from "../format/times";
import { grouped } from "../format/units";
import { hubNow } from "../state/clock";
import { Icon, Mark } from "./icon";

const DAY_MS = 86_400_000;
const PER = "/s"; // of rates; a narrow panel has it in the head alone
const MOST = 500; // rows on the screen; the file has all

interface PanelTableProps {
  panel: Panel;
  fields: Field[];
  title: string;
}

export function PanelTable({ panel, fields, title }: PanelTableProps) {
  const order = useSignal<Order | null>(null);
  const table = useMemo(() => tableOf(panel, fields, order.value, MOST), [panel, fields, order.value]);
  const sortBy = (column: TableColumn) => {
    const same = order.value?.column === column.name;
    order.value = { column: column.name, descending: same ? !order.value?.descending : column.numeric };
  };
  const words = table.columns.filter(isOfWords).length;
  return (
    <section
      class="values"
      // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolled region must be reachable by keyboard.
      tabIndex={0}
      aria-label={title}
      style={{ "--words": Math.max(1, words), "--others": table.columns.length - words }}
    >
      <table>
        <thead>
          <tr>
            {table.columns.map((column) => (
              <Head key={column.name} column={column} order={order.value} onSort={() => sortBy(column)} />
            ))}
          </tr>
        </thead>
        <tbody>
          {table.rows.map((row) => (
            <tr key={row.key}>
              {table.columns.map((column, at) => (
                <Cell key={column.name} column={column} value={row.cells[at] ?? null} daily={table.daily} />
              ))}
            </tr>
          ))}
        </tbody>
      </table>
      {table.total > table.rows.length && (
        <p class="dim">
          {grouped(table.rows.length)} of {grouped(table.total)} rows.
        </p>
      )}
    </section>
  );
}

/** Words share what numbers and times leave of the width, so that none of these is cut. */
const isOfWords = (column: TableColumn): boolean => !column.numeric && column.kind !== "time";

interface HeadProps {
  column: TableColumn;
  order: Order | null;
  onSort: () => void;
}

function Head({ column, order, onSort }: HeadProps) {
  const sorted = order?.column === column.name;
  const isBoxed = !["none", "value"].includes(column.override?.paint ?? "none");
  const state = sorted ? (order?.descending ? "descending" : "ascending") : undefined;
  const isRate = column.numeric && column.unit.endsWith(PER);
  return (
    <th
      scope="col"
      class={`${column.numeric ? "num" : ""} ${isBoxed ? "boxed" : ""}`}
      aria-sort={state}
      style={column.widthPx ? { width: `${column.widthPx}px` } : {}}
    >
      <button type="button" onClick={onSort}>
        <span>{column.name}</span>
        {isRate && <span class="per">{PER}</span>}
        {sorted && <Icon name={order?.descending ? "sortDown" : "sortUp"} />}
      </button>
    </th>
  );
}

function rowTime(ms: number, daily: boolean): string {
  if (daily) return dated(ms, hubNow());
  return hubNow() - ms < DAY_MS ? atSecond(ms) : moment(ms, hubNow());
}

/** A rate's "/s" is an element of its own, which a narrow panel leaves out. */
function Written({ text, numeric }: { text: string; numeric: boolean }) {
  if (!numeric || !text.endsWith(PER)) return <>{text}</>;
  return (
    <>
      {text.slice(0, -PER.length)}
      <span class="per">{PER}</span>
    </>
  );
}

interface CellProps {
  column: TableColumn;
  value: Raw;
  daily: boolean;
}

function Cell({ column, value, daily }: CellProps) {
  if (column.kind === "time" && typeof value === "number")
    return (
      <td class="nowrap" title={exactly(value * 1000)}>
        {rowTime(value * 1000, daily)}
      </td>
    );
  const at = shown(value, column);
  const text = at.unit ? `${at.text}\u00a0${at.unit}` : at.text;
  const written = <Written text={text} numeric={column.numeric} />;
  const name = column.numeric ? "num" : "";
  const paint = column.override?.paint ?? "none";
  if (paint === "none" || value === null)
    return (
      <td class={name} title={text}>
        {value === null ? <span class="dim">{text}</span> : written}
      </td>
    );
  const mark = at.level === "warn" || at.level === "crit" ? <Mark name={at.level} /> : null;
  if (paint === "value")
    return (
      <td class={`${name} ${at.level && `ink-${at.level}`}`} title={text}>
        {mark}
        {written}
      </td>
    );
  return (
    <td class={name} title={text}>
      <span
        class={`pct${column.numeric ? "" : " word"} ${at.level && `lv-${at.level}`}`}
        style={{ "--v": shareOf(column, value) }}
      >
        {mark}
        {written}
      </span>
    </td>
  );
}

/** How far a bar behind the number goes: for shares, and where the least and the most are known. */
function shareOf(column: TableColumn, value: Raw): string {
  const max = column.max ?? (column.unit === "percent" ? 100 : column.unit === "ratio" ? 1 : null);
  if (typeof value !== "number" || max === null) return "0";
  return Math.max(0, Math.min(100, percentOf(value, { min: column.min, max }))).toFixed(1);
}
