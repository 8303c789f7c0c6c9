// The legend of a chart: name and value at the cursor, or the newest value when there is no cursor.

import type { Line } from "../charts/chart";
import { nearestRow } from "../charts/rows";
import type { Axis } from "../charts/scale";
import { digits } from "../format/units";
import { cursor } from "../state/cursor";

interface ChartLegendProps {
  lines: Line[];
  times: number[];
  axis: Axis;
  fromS: number;
  toS: number;
}

export function ChartLegend({ lines, times, axis, fromS, toS }: ChartLegendProps) {
  // A cursor that was left behind when the range moved on points at nothing here.
  const at = cursor.value !== null && cursor.value >= fromS && cursor.value <= toS ? cursor.value : null;
  return (
    <ul class="legend">
      {lines.map((line) => {
        const value = valueAt(line, times, at);
        return (
          <li key={line.name} title={line.name}>
            <svg width="14" height="8" aria-hidden="true" class={`line-${line.colour}`}>
              <path d="M0 4h14" stroke-dasharray={line.dash.join(" ")} />
            </svg>
            <span>{line.name}</span>
            <b>{value === null ? "–" : digits(Math.abs(value) / axis.divisor)}</b>
          </li>
        );
      })}
    </ul>
  );
}

function valueAt(line: Line, times: number[], at: number | null): number | null {
  if (at === null) return line.values.findLast((value) => value !== null) ?? null;
  const row = nearestRow(times, line.values, at);
  return row < 0 ? null : (line.values[row] ?? null);
}
