// A chart card: title, unit, legend with values at the cursor, plot, menu; a table of the same numbers one key away.

import { type ReadonlySignal, useComputed, useSignal } from "@preact/signals";
import { useEffect, useMemo, useRef } from "preact/hooks";
import type { Facts } from "../api/types";
import { type ChartSpec, type Line, linesOf, questionOf } from "../charts/chart";
import { prepare } from "../charts/gaps";
import { type Axis, axisOf, stacked } from "../charts/scale";
import { summaryOf } from "../charts/summary";
import { Timeseries } from "../charts/timeseries";
import { now } from "../state/clock";
import { cursor } from "../state/cursor";
import { lowerBound } from "../state/frames";
import { edges, fix, range, zoomOut } from "../state/range";
import { toast } from "../state/toasts";
import { type Feed, feed, NO_FEED } from "../state/watches";
import { ChartLegend } from "./chart-legend";
import { ChartTable } from "./chart-table";
import { Icon } from "./icon";
import { Item, Menu } from "./menu";

interface ChartCardProps {
  spec: ChartSpec;
  node: string;
  facts: Facts;
  gapText: string;
}

/** True while the element is on the screen or near it. */
function useVisible(host: { current: Element | null }): ReadonlySignal<boolean> {
  const visible = useSignal(false);
  useEffect(() => {
    if (!host.current) return undefined;
    const observer = new IntersectionObserver(
      (entries) => {
        visible.value = entries[entries.length - 1]?.isIntersecting ?? false;
      },
      { rootMargin: "120px" },
    );
    observer.observe(host.current);
    return () => observer.disconnect();
  }, []);
  return visible;
}

/** Width in steps of 64 px: a few pixels more are no reason to ask again. */
function useWidth(host: { current: Element | null }): ReadonlySignal<number> {
  const width = useSignal(0);
  useEffect(() => {
    if (!host.current) return undefined;
    const observer = new ResizeObserver(([entry]) => {
      width.value = Math.round((entry?.contentRect.width ?? 0) / 64) * 64;
    });
    observer.observe(host.current);
    return () => observer.disconnect();
  }, []);
  return width;
}

function useFeed(spec: ChartSpec, node: string, host: { current: Element | null }): Feed {
  const visible = useVisible(host);
  const width = useWidth(host);
  const question = useComputed(() => (width.value ? questionOf(spec, node, width.value) : null));
  const out = useSignal<Feed>(NO_FEED);
  useEffect(() => {
    const made = feed(question, visible);
    const stop = made.out.subscribe((value) => {
      out.value = value;
    });
    return () => {
      stop();
      made.stop();
    };
  }, [spec.id, node]);
  return out.value;
}

export function ChartCard({ spec, node, facts, gapText }: ChartCardProps) {
  const host = useRef<HTMLElement>(null);
  const { table, error, waiting } = useFeed(spec, node, host);
  const asTable = useSignal(false);
  const lines = useMemo(() => linesOf(spec, table), [spec, table]);
  const axis = useMemo(() => axisFor(spec, lines), [spec, lines]);
  if (range.value.live) now.value; // the window moves on even when nothing comes
  const { fromMs, toMs } = edges();
  const unit = [axis.label, spec.note].filter(Boolean).join(", ");
  const { gaps } = prepare(
    table.times,
    lines.map((line) => line.values),
    table.stepS,
    toMs / 1000,
  );
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: the chart has a keyboard cursor.
    // biome-ignore lint/a11y/noNoninteractiveElementInteractions: the same cursor.
    <article
      class="chart"
      ref={host}
      tabIndex={0}
      aria-label={`${spec.title}, ${unit}`}
      onKeyDown={(event) => press(event, table.times, () => (asTable.value = !asTable.value))}
      onBlur={() => (cursor.value = null)}
    >
      <header>
        <h3>{spec.title}</h3>
        <span class="unit">{unit}</span>
        <ChartMenu
          spec={spec}
          node={node}
          asTable={asTable.value}
          onTable={() => (asTable.value = !asTable.value)}
        />
      </header>
      <ChartLegend lines={lines} times={table.times} axis={axis} />
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
            threshold={spec.threshold?.(facts) ?? null}
            gapText={gapText}
            label={summaryOf(spec.title, unit, axis.divisor, lines, gaps)}
            onZoom={(from, to) => fix(from * 1000, to * 1000)}
            onReset={back}
          />
          <PlotNote lines={lines} error={error} waiting={waiting} />
        </div>
      )}
    </article>
  );
}

function axisFor(spec: ChartSpec, lines: Line[]): Axis {
  const columns = lines.map((line) => line.values);
  const drawn = spec.stacked ? stacked(columns) : columns;
  return axisOf(spec.unit, drawn, spec.max);
}

/** Double click: back to where the zoom began, or twice as wide when the range was opened by its address. */
function back(): void {
  if (range.value.live) return;
  if (history.length > 1) history.back();
  else zoomOut();
}

/** Arrows move the cursor from value to value, v switches to the table. */
function press(event: KeyboardEvent, times: number[], toggle: () => void): void {
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

interface ChartMenuProps {
  spec: ChartSpec;
  node: string;
  asTable: boolean;
  onTable: () => void;
}

function ChartMenu({ spec, node, asTable, onTable }: ChartMenuProps) {
  const copy = (text: string, what: string) =>
    navigator.clipboard.writeText(text).then(
      () => toast(`${what} is copied`),
      () => toast("The browser refused to copy", "crit"),
    );
  return (
    <Menu label={`${spec.title}: table, copy`} button={<Icon name="more" />}>
      <Item icon="table" end={<kbd>v</kbd>} onPick={onTable}>
        {asTable ? "Show as a chart" : "Show as a table"}
      </Item>
      <Item icon="link" onPick={() => void copy(location.href, "The link to this view")}>
        Copy link to this view
      </Item>
      <Item icon="terminal" onPick={() => void copy(queryText(spec, node), "The query")}>
        Copy as a query
      </Item>
    </Menu>
  );
}

/** The same question for the HTTP API, with the range on screen. */
function queryText(spec: ChartSpec, node: string): string {
  const { fromMs, toMs } = edges();
  const question = questionOf(spec, node, 600);
  return JSON.stringify({ ...question, start_ns: Math.round(fromMs) * 1e6, end_ns: Math.round(toMs) * 1e6 });
}
