// A panel of lines, bars or points over time.

import { useSignal } from "@preact/signals";
import { useMemo } from "preact/hooks";
import type { Panel } from "../api/types";
import type { Line, Threshold } from "../charts/chart";
import type { Field } from "../charts/fields";
import { prepare } from "../charts/gaps";
import { levelOf } from "../charts/levels";
import { type ChartMark, marksWithin, NO_MARKS } from "../charts/marks";
import { panelAxis } from "../charts/panel-axis";
import { type Drawn, drawnOf } from "../charts/panel-lines";
import { type Axis, stacked } from "../charts/scale";
import { summaryOf } from "../charts/summary";
import { Timeseries } from "../charts/timeseries";
import { quantityText } from "../format/quantities";
import { fix } from "../state/range";
import { zoomBack } from "./chart-card";
import { PanelLegend } from "./panel-legend";

interface PanelSeriesProps {
  panel: Panel;
  fields: Field[];
  fromS: number;
  toS: number;
  title: string;
  marks?: readonly ChartMark[];
}

const NO_GAPS_S = 1e9; // a rhythm in which nothing is ever missing

export function PanelSeries({ panel, fields, fromS, toS, title, marks = NO_MARKS }: PanelSeriesProps) {
  const { options } = panel;
  const alone = useSignal("");
  const drawn = useMemo(() => drawnOf(panel, fields), [panel, fields]);
  const shown = alone.value ? drawn.lines.filter((line) => line.name === alone.value) : drawn.lines;
  const axes = useMemo(() => axesOf(panel, drawn, shown), [panel, drawn, alone.value]);
  const stepS = options.connect_gaps ? NO_GAPS_S : drawn.stepS;
  const columns = shown.map((line) => line.values);
  const { gaps } = prepare(drawn.times, columns, stepS, toS);
  const seen = marksWithin(marks, fromS, toS);
  const legend = options.legend !== "none" && (
    <PanelLegend
      lines={drawn.lines}
      fields={drawn.fields}
      times={drawn.times}
      fromS={fromS}
      toS={toS}
      extra={options.legend_values.filter((how) => how !== "last" && how !== "last_value")}
      alone={alone.value}
      onAlone={(name) => {
        alone.value = name;
      }}
    />
  );
  return (
    <div class={`series legend-${options.legend}`}>
      {legend}
      <Timeseries
        times={drawn.times}
        lines={shown}
        stepS={stepS}
        stack={options.stack}
        axis={axes.left}
        right={axes.right}
        fromS={fromS}
        toS={toS}
        threshold={limitOf(panel, axes.left)}
        gapText={null}
        marks={marks}
        label={summaryOf(title, axes.left.label, axes.left.divisor, shown, gaps, seen)}
        onZoom={(from, to) => fix(from * 1000, to * 1000)}
        onReset={zoomBack}
      />
      {axes.left.label && <span class="axis-unit">{axes.left.label}</span>}
    </div>
  );
}

function axesOf(panel: Panel, drawn: Drawn, lines: Line[]): { left: Axis; right: Axis | null } {
  const { options } = panel;
  const of = (right: boolean) => lines.filter((line) => Boolean(line.right) === right);
  const lookOf = (line: Line | undefined) => drawn.fields.find((field) => field.label === line?.name);
  const make = (own: Line[], fixed: { min: number | null; max: number | null }) => {
    const columns = own.map((line) => line.values);
    const unit = lookOf(own[0])?.unit ?? panel.unit;
    return panelAxis(unit, options.stack ? stacked(columns) : columns, fixed);
  };
  const right = of(true);
  const first = lookOf(right[0])?.override;
  return {
    left: make(of(false), { min: options.min, max: options.max }),
    right: right.length ? make(right, { min: first?.min ?? 0, max: first?.max ?? null }) : null,
  };
}

/** The worst limit that lies within the picture, as a line; a base colour is no limit. */
function limitOf(panel: Panel, axis: Axis): Threshold | null {
  if (panel.threshold_mode !== "absolute") return null;
  const limits = panel.thresholds.flatMap(({ color, value }) => {
    const level = levelOf(color);
    const inside = typeof value === "number" && value > axis.min && value <= axis.max;
    if (!inside || (level !== "warn" && level !== "crit")) return [];
    return [{ at: value, level, text: quantityText(panel.unit, value, panel.decimals) }];
  });
  return limits.find((limit) => limit.level === "crit") ?? limits[0] ?? null;
}
