// Functions of a Netdata node: tables that its agent makes at once when one asks, for editors.

import { useSignal } from "@preact/signals";
import { type NetdataCell, type NetdataTable, netdata } from "../api/netdata";
import { sentence } from "../format/states";
import { digits, grouped, plural } from "../format/units";
import { Button, Chip } from "./controls";
import { usePolled } from "./use-polled";

const EVERY_MS = 60_000;
const TIMEOUT_S = 10;
const MOST_ROWS = 200;

interface Answer {
  name: string;
  table: NetdataTable | null;
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

function Rows({ name, table: { columns, rows } }: { name: string; table: NetdataTable }) {
  const sort = useSignal<{ column: number; down: boolean } | null>(null);
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
              {columns.map((column, index) => (
                <th
                  key={column}
                  scope="col"
                  aria-sort={
                    sort.value?.column === index ? (sort.value.down ? "descending" : "ascending") : undefined
                  }
                >
                  <button type="button" onClick={() => press(index)}>
                    {column}
                  </button>
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {sorted.slice(0, MOST_ROWS).map((row) => (
              <tr>
                {row.map((cell) => (
                  <td class={typeof cell === "number" ? "num" : ""}>{cellText(cell)}</td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </section>
      <p class="dim">
        {plural(rows.length, "row")}
        {rows.length > MOST_ROWS && `, the first ${grouped(MOST_ROWS)} shown`}
      </p>
    </>
  );
}

const cellText = (cell: NetdataCell): string => {
  if (cell === null) return "–";
  if (typeof cell === "number") return Number.isInteger(cell) && cell < 1e6 ? String(cell) : digits(cell);
  return typeof cell === "boolean" ? (cell ? "yes" : "no") : cell;
};

const byColumn = (column: number, down: boolean) => (a: NetdataCell[], b: NetdataCell[]) => {
  const [x, y] = [a[column] ?? null, b[column] ?? null];
  if (x === y) return 0;
  if (x === null) return 1;
  if (y === null) return -1;
  return (x < y ? -1 : 1) * (down ? -1 : 1);
};
