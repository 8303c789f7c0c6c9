// The same numbers as a table, newest first: for reading, copying, and people who can't see the chart.

import type { Line } from "../charts/chart";
import type { Axis } from "../charts/scale";
import { atSecond } from "../format/times";
import { digits, grouped } from "../format/units";

interface ChartTableProps {
  title: string;
  times: number[];
  lines: Line[];
  axis: Axis;
}

const MOST_ROWS = 200;

export function ChartTable({ title, times, lines, axis }: ChartTableProps) {
  const rows = times
    .map((_, row) => row)
    .reverse()
    .slice(0, MOST_ROWS);
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolled region must be reachable by keyboard.
    <section class="chart-table" tabIndex={0} aria-label={`${title} as a table`}>
      <table>
        <thead>
          <tr>
            <th scope="col">Time</th>
            {lines.map((line) => (
              <th key={line.name} scope="col" class="num">
                {line.name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={times[row]}>
              <th scope="row">{atSecond((times[row] ?? 0) * 1000)}</th>
              {lines.map((line) => (
                <td key={line.name} class="num">
                  {cellText(line.values[row] ?? null, axis)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
      {times.length > MOST_ROWS && (
        <p class="dim">
          The newest {MOST_ROWS} of {grouped(times.length)}. A shorter range shows all.
        </p>
      )}
    </section>
  );
}

const cellText = (value: number | null, axis: Axis): string =>
  value === null ? "" : digits(Math.abs(value) / axis.divisor);
