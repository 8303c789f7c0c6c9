// The legend of a panel: name, value at the cursor or the newest one, and what else the dashboard wants to know of each
// line. A press shows one line alone, another one all of them again.

import type { ComponentChildren } from "preact";
import type { Calculation } from "../api/types";
import { calculated, calculationName } from "../charts/calculations";
import type { Line } from "../charts/chart";
import type { Field } from "../charts/fields";
import { nearestRow } from "../charts/rows";
import { quantityText } from "../format/quantities";
import { cursor } from "../state/cursor";

interface PanelLegendProps {
  lines: Line[];
  fields: Field[]; // beside the lines
  times: number[];
  fromS: number;
  toS: number;
  extra: readonly Calculation[];
  alone: string;
  onAlone: (name: string) => void;
}

export function PanelLegend({ lines, fields, times, fromS, toS, extra, alone, onAlone }: PanelLegendProps) {
  const at = cursor.value !== null && cursor.value >= fromS && cursor.value <= toS ? cursor.value : null;
  const text = (index: number, value: number | null) => {
    const field = fields[index] ?? fields[0];
    return quantityText(field?.unit ?? "", value, field?.decimals ?? null);
  };
  const row = (line: Line, index: number) => (
    <Key key={`${index} ${line.name}`} line={line} alone={alone} onAlone={onAlone}>
      <b>{text(index, valueAt(line, times, at))}</b>
      {extra.map((how) => (
        <span class="also">
          <i>{calculationName(how)}</i> {text(index, numberOf(calculated(how, line.values)))}
        </span>
      ))}
    </Key>
  );
  return <ul class="legend">{lines.map(row)}</ul>;
}

const numberOf = (value: unknown): number | null => (typeof value === "number" ? value : null);

interface KeyProps {
  line: Line;
  alone: string;
  onAlone: (name: string) => void;
  children: ComponentChildren;
}

function Key({ line, alone, onAlone, children }: KeyProps) {
  const off = alone !== "" && alone !== line.name;
  return (
    <li class={off ? "off" : ""}>
      <button
        type="button"
        title={`${line.name}: show it alone`}
        aria-pressed={alone === line.name}
        onClick={() => onAlone(alone === line.name ? "" : line.name)}
      >
        <svg width="14" height="8" aria-hidden="true" class={`line-${line.colour}`}>
          <path d="M0 4h14" stroke-dasharray={line.dash.join(" ")} />
        </svg>
        <span>{line.name}</span>
      </button>
      {children}
    </li>
  );
}

function valueAt(line: Line, times: number[], at: number | null): number | null {
  if (at === null) return line.values.findLast((value) => value !== null) ?? null;
  const row = nearestRow(times, line.values, at);
  return row < 0 ? null : (line.values[row] ?? null);
}
