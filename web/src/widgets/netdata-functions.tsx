// Functions of a Netdata node: tables that its agent makes at once when one asks, for editors.

import { useSignal } from "@preact/signals";
import { netdata } from "../api/netdata";
import type { FunctionColumn, FunctionTable, Value } from "../api/types";
import { sentence } from "../format/states";
import { digits, grouped, plural } from "../format/units";
import { Button, Chip } from "./controls";
import { Icon } from "./icon";
import { usePolled } from "./use-polled";

const EVERY_MS = 60_000;
const TIMEOUT_S = 10;
const MOST_ROWS = 200;

interface Answer {
  name: string;
  table: FunctionTable | null;
  error: string;
}

export function NetdataFunctions({ node }: { node: string }) {
  const { data, error } = usePolled(() => netdata.functions(node), EVERY_MS, node);
  const answer = useSignal<Answer | null>(null);
  const busy = useSignal("");
  const run = async (name: string) => {
    busy.value = name;
    try {
      answer.value = { name, table: await netdata.run(node, name, TIMEOUT_S), error: "" };
    } catch (failure) {
      const text = failure instanceof Error ? failure.message : String(failure);
      answer.value = { name, table: null, error: text };
    }
    busy.value = "";
  };
  if (!data)
    return error ? <p class="card units soft">Functions could not be read: {sentence(error)}</p> : null;
  const shown = answer.value;
  return (
    <section class="card functions" aria-label="Functions">
      <div class="body stackv">
        {!data.functions.length && <p class="soft">This agent offers no function that only reads.</p>}
        <div class="chips">
          {data.functions.map(({ name, help }) => (
            <span key={name} title={help}>
              <Chip pressed={shown?.name === name} onClick={() => void run(name)}>
                {name}
              </Chip>
            </span>
          ))}
        </div>
        {busy.value && (
          <p class="soft" role="status">
            The agent runs {busy.value}, for {TIMEOUT_S} s at most.
          </p>
        )}
        {shown?.error && !busy.value && (
          <p class="bad-text" role="alert">
            {shown.name} was not run: {sentence(shown.error)}
          </p>
        )}
        {shown?.table && <Rows key={shown.name} name={shown.name} table={shown.table} />}
        {shown?.table && !busy.value && (
          <div class="chips">
            <Button small onClick={() => void run(shown.name)}>
              Run again
            </Button>
          </div>
        )}
      </div>
    </section>
  );
}

function Rows({ name, table: { columns, rows } }: { name: string; table: FunctionTable }) {
  const sort = useSignal<{ column: number; down: boolean } | null>(null);
  const all = useSignal(false);
  const shown = columns
    .map((column, index) => ({ ...column, index }))
    .filter((column) => column.is_shown || all.value);
  const press = (column: number) => {
    const before = sort.value;
    sort.value = { column, down: before?.column === column ? !before.down : true };
  };
  const sorted = sort.value ? [...rows].sort(byColumn(sort.value.column, sort.value.down)) : rows;
  return (
    <>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolled region must be reachable by keyboard. */}
      <section class="tablewrap scrolled" tabIndex={0} aria-label={`${name} as a table`}>
        <table>
          <thead>
            <tr>
              {shown.map((column) => (
                <Head
                  key={column.name}
                  column={column}
                  numeric={typeof rows[0]?.[column.index] === "number"}
                  sort={sort.value}
                  onPress={press}
                />
              ))}
            </tr>
          </thead>
          <tbody>
            {sorted.slice(0, MOST_ROWS).map((row) => (
              <tr>
                {shown.map(({ index }) => (
                  <td class={typeof row[index] === "number" ? "num" : ""}>{cellText(row[index])}</td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </section>
      <p class="dim chips">
        {plural(rows.length, "row")}
        {rows.length > MOST_ROWS && `, the first ${grouped(MOST_ROWS)} shown`}
        {shown.length < columns.length && (
          <Button small kind="quiet" onClick={() => (all.value = true)}>
            All {grouped(columns.length)} columns
          </Button>
        )}
      </p>
    </>
  );
}

interface HeadProps {
  column: FunctionColumn & { index: number };
  numeric: boolean;
  sort: { column: number; down: boolean } | null;
  onPress: (column: number) => void;
}

function Head({ column, numeric, sort, onPress }: HeadProps) {
  const on = sort?.column === column.index;
  const direction = sort?.down ? "descending" : "ascending";
  return (
    <th scope="col" class={numeric ? "num" : ""} aria-sort={on ? direction : undefined}>
      <button type="button" onClick={() => onPress(column.index)}>
        {column.title || column.name}
        {column.units && <small class="dim">{column.units}</small>}
        {on && <Icon name={sort?.down ? "sortDown" : "sortUp"} />}
      </button>
    </th>
  );
}

/** Cells are the agent's own: numbers as we write them, everything else as text. */
function cellText(cell: Value | undefined): string {
  if (cell === null || cell === undefined) return "–";
  if (typeof cell === "number") return Number.isInteger(cell) && cell < 1e6 ? String(cell) : digits(cell);
  if (typeof cell === "boolean") return cell ? "yes" : "no";
  return typeof cell === "string" ? cell : JSON.stringify(cell);
}

const byColumn =
  (column: number, down: boolean) =>
  (a: Value[], b: Value[]): number => {
    const [x, y] = [a[column] ?? null, b[column] ?? null];
    if (x === null || y === null) return Number(x === null) - Number(y === null);
    const order =
      typeof x === "number" && typeof y === "number" ? x - y : cellText(x).localeCompare(cellText(y));
    return down ? -order : order;
  };
