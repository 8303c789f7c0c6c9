// A chart card: title, unit, legend with values at the cursor, plot, menu; a table of the same numbers one key away.

import { useSignal } from "@preact/signals";
import type { ComponentChildren, RefObject } from "preact";
import { useMemo, useRef } from "preact/hooks";
import type { Facts } from "../api/types";
import { type ChartSpec, type Line, linesOf, questionOf, type Threshold } from "../charts/chart";
import { prepare } from "../charts/gaps";
import { type ChartMark, markBefore, marksWithin, NO_MARKS } from "../charts/marks";
import { type Axis, axisOf, stacked } from "../charts/scale";
import { summaryOf } from "../charts/summary";
import { type GapText, Timeseries } from "../charts/timeseries";
import { now } from "../state/clock";
import { cursor } from "../state/cursor";
import { lowerBound } from "../state/frames";
import { edges, fix, range, zoomOut } from "../state/range";
import { type Feed, feed } from "../state/watches";
import { ChartLegend } from "./chart-legend";
import { ChartMenu } from "./chart-menu";
import { ChartTable } from "./chart-table";
import { useFeed } from "./use-feed";

interface ChartCardProps {
  spec: ChartSpec;
  node: string;
  facts: Facts;
  gapText: GapText | null;
  marks: readonly ChartMark[];
}

export function ChartCard({ spec, node, facts, gapText, marks }: ChartCardProps) {
  const host = useRef<HTMLElement>(null);
  const fed = useFeed(host, spec.id + node, feed, (width) => questionOf(spec, node, width));
  const threshold = spec.threshold?.(facts) ?? null;
  const query = () => queryText(spec, node);
  return <ChartView {...{ host, spec, fed, threshold, gapText, marks, query }} />;
}

/** The same question for the HTTP API, with the range on screen. */
function queryText(spec: ChartSpec, node: string): string {
  const { fromMs, toMs } = edges();
  const question = questionOf(spec, node, 600);
  return JSON.stringify({ ...question, start_ns: Math.round(fromMs) * 1e6, end_ns: Math.round(toMs) * 1e6 });
}

interface ChartViewProps {
  host: RefObject<HTMLElement | null>;
  spec: ChartSpec;
  fed: Feed;
  threshold: Threshold | null;
  gapText: GapText | null;
  marks?: readonly ChartMark[];
  query: () => string; // what asks the hub the same
  more?: ComponentChildren; // of its menu
}

/** A card, whatever feeds it. */
export function ChartView(props: ChartViewProps) {
  const { host, spec, fed, threshold, gapText, marks = NO_MARKS, query, more } = props;
  const { table, error, waiting, paused } = fed;
  const asTable = useSignal(false);
  const lines = useMemo(() => linesOf(spec, table), [spec, table]);
  const axis = useMemo(() => axisFor(spec, lines, threshold), [spec, lines, threshold?.at]);
  const shown = useRef(edges());
  if (!paused) {
    if (range.value.live) now.value; // the window moves on even when nothing comes
    shown.current = edges();
  }
  const { fromMs, toMs } = shown.current;
  const seen = marksWithin(marks, fromMs / 1000, toMs / 1000);
  const unit = [axis.label, spec.note].filter(Boolean).join(", ");
  const { gaps } = prepare(
    table.times,
    lines.map((line) => line.values),
    table.stepS,
    toMs / 1000,
  );
  return (
    <article
      class="chart"
      ref={host}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: the chart has a keyboard cursor.
      tabIndex={0}
      aria-label={`${spec.title}, ${unit}`}
      onKeyDown={(event) => press(event, table.times, seen, () => (asTable.value = !asTable.value))}
      onBlur={() => (cursor.value = null)}
    >
      <header>
        <h3 title={spec.title}>{spec.title}</h3>
        <span class="unit">{unit}</span>
        <ChartMenu
          title={spec.title}
          query={query}
          more={more}
          asTable={asTable.value}
          onTable={() => (asTable.value = !asTable.value)}
        />
      </header>
      <ChartLegend lines={lines} times={table.times} axis={axis} fromS={fromMs / 1000} toS={toMs / 1000} />
      {asTable.value ? (
        <ChartTable title={spec.title} times={table.times} lines={lines} axis={axis} />
      ) : (
        <div class="plot-box">
          <Timeseries
            times={table.times}
            lines={lines}
            stepS={table.stepS}
            stack={spec.stacked ?? false}
            axis={axis}
            fromS={fromMs / 1000}
            toS={toMs / 1000}
            threshold={threshold}
            gapText={gapText}
            marks={marks}
            label={summaryOf(spec.title, unit, axis.divisor, lines, gaps, seen)}
            onZoom={(from, to) => fix(from * 1000, to * 1000)}
            onReset={zoomBack}
          />
          <PlotNote lines={lines} error={error} waiting={waiting} />
        </div>
      )}
    </article>
  );
}

/** A threshold stays in the picture, with room for its words, until the values are far below it. */
function axisFor(spec: ChartSpec, lines: Line[], threshold: Threshold | null): Axis {
  const columns = lines.map((line) => line.values);
  const drawn = spec.stacked ? stacked(columns) : columns;
  const peak = Math.max(0, ...drawn.flatMap((column) => column.map((value) => value ?? 0)));
  const near = threshold && peak > threshold.at / 4 ? [[threshold.at * 1.2]] : [];
  return axisOf(spec.unit, [...drawn, ...near], spec.max);
}

/** Double click: back to where the zoom began, or twice as wide when the range was opened by its address. */
export function zoomBack(): void {
  if (range.value.live) return;
  if (history.length > 1) history.back();
  else zoomOut();
}

/** Arrows move the cursor from value to value, m to the mark before, v switches to the table. */
function press(event: KeyboardEvent, times: number[], marks: readonly ChartMark[], toggle: () => void): void {
  if (event.target !== event.currentTarget) return;
  const last = times.length - 1;
  const at = cursor.value === null ? last : Math.min(last, lowerBound(times, cursor.value));
  const next = {
    ArrowLeft: at - 1,
    ArrowRight: at + 1,
    PageUp: at - 30,
    PageDown: at + 30,
    Home: 0,
    End: last,
  }[event.key];
  if (event.key === "v") toggle();
  else if (event.key === "m" && marks.length) cursor.value = markBefore(marks, cursor.value)?.atS ?? null;
  else if (event.key === "Escape") cursor.value = null;
  else if (next !== undefined && times.length)
    cursor.value = times[Math.max(0, Math.min(last, next))] ?? null;
  else return;
  event.preventDefault();
}

interface PlotNoteProps {
  lines: Line[];
  error: string;
  waiting: boolean;
}

/** No data: the axes stay, one sentence lies in the plot. */
function PlotNote({ lines, error, waiting }: PlotNoteProps) {
  const empty = !lines.some((line) => line.values.some((value) => value !== null));
  if (error) return <p class="plot-note">Not answered: {error}.</p>;
  if (!empty) return null;
  if (waiting) return <p class="plot-note late">Waiting for the first values</p>;
  return <p class="plot-note">No values in this range.</p>;
}
