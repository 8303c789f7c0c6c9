// The only file that knows uPlot. One component: lines and stacks over time, gaps, a threshold, the shared cursor,
// drag to zoom. Values come prepared; nothing is fetched, formatted for people or remembered here.

import { useSignalEffect } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { atSecond, axisTime, foreignZone } from "../format/times";
import { cursor } from "../state/cursor";
import { painted } from "../state/theme";
import type { Line, Threshold } from "./chart";
import { type Prepared, prepare } from "./gaps";
import { type ChartMark, markNear } from "./marks";
import { type Hatch, type Plot, paintHatches, paintMarks, paintThreshold } from "./paint";
import { faded, fontFamily, ink, seriesColour } from "./palette";
import { Pill } from "./pill";
import { alone } from "./rows";
import { type Axis, isAtEnd, stacked, TIME_STEPS, tickText } from "./scale";

/** Names the cause of a gap, given its edges in seconds. */
export type GapText = (fromS: number, toS: number) => string;

export interface TimeseriesProps {
  times: number[];
  lines: Line[];
  stepS: number;
  stack: boolean;
  axis: Axis;
  right?: Axis | null; // for lines that are measured at the right
  fromS: number;
  toS: number;
  threshold: Threshold | null;
  gapText: GapText | null;
  marks: readonly ChartMark[];
  label: string;
  onZoom: (fromS: number, toS: number) => void;
  onReset: () => void;
}

const AXIS_PX = 38;
const FOOT_PX = 20;
const LINE_PX = 1.35;
const MARK_PX = 6; // the cursor is at a mark within so many pixels
const BAR_SHARE: [number, number] = [0.8, 40]; // of a row's width, at most so many pixels

/** Ticks stand at round times of the zone that is shown. */
const inZone = (seconds: number): Date => {
  const zone = foreignZone();
  return zone ? uPlot.tzDate(new Date(seconds * 1000), zone) : new Date(seconds * 1000);
};

/** Everything the chart's hooks read; replaced as a whole on every render. */
interface State extends TimeseriesProps {
  prepared: Prepared;
}

export function Timeseries(props: TimeseriesProps) {
  const host = useRef<HTMLDivElement>(null);
  const chart = useRef<Chart | null>(null);
  const columns = props.lines.map((line) => line.values);
  const prepared = prepare(props.times, columns, props.stepS, props.toS);
  const state: State = { ...props, prepared };
  const shape = JSON.stringify([
    props.stack,
    Boolean(props.right),
    props.lines.map(({ values: _, ...line }) => line),
  ]);

  // Rebuilt only when its shape changes; values flow through show() below.
  useEffect(() => {
    if (!host.current) return undefined;
    const made = new Chart(host.current, state);
    chart.current = made;
    return () => {
      made.destroy();
      chart.current = null;
    };
  }, [shape]);
  useEffect(() => chart.current?.show(state));
  useSignalEffect(() => chart.current?.place(cursor.value));
  useSignalEffect(() => {
    if (painted.value) chart.current?.repaint();
  });
  return <div class="plot" ref={host} role="img" aria-label={props.label} />;
}

class Chart {
  private readonly plot: uPlot;
  private readonly pill: Pill;
  private readonly observer: ResizeObserver;
  private hovered = false;

  constructor(
    host: HTMLElement,
    private state: State,
  ) {
    const size = { width: host.clientWidth || 320, height: host.clientHeight || 152 };
    this.plot = new uPlot(this.options(size), this.data(), host);
    this.pill = new Pill(this.plot.over, AXIS_PX);
    this.plot.over.addEventListener("pointerenter", () => {
      this.hovered = true;
    });
    this.plot.over.addEventListener("pointerleave", () => {
      this.hovered = false;
    });
    this.observer = new ResizeObserver(() => {
      if (host.clientWidth) this.plot.setSize({ width: host.clientWidth, height: host.clientHeight });
    });
    this.observer.observe(host);
  }

  destroy(): void {
    this.observer.disconnect();
    this.plot.destroy();
  }

  show(state: State): void {
    this.state = state;
    this.plot.setData(this.data(), false);
    this.plot.setScale("x", { min: state.fromS, max: state.toS });
    if (!this.hovered) this.place(cursor.peek());
  }

  repaint(): void {
    this.plot.redraw(false, true);
  }

  /** Moves the cursor here after it moved in another chart or by key. */
  place(seconds: number | null): void {
    if (this.hovered) return;
    const left = seconds === null ? -10 : this.plot.valToPos(seconds, "x");
    this.plot.setCursor({ left, top: left < 0 ? -10 : 0 }, false);
    this.movePill(left);
  }

  private data(): uPlot.AlignedData {
    const { prepared, stack } = this.state;
    const columns = stack ? stacked(prepared.columns) : prepared.columns;
    return [prepared.times, ...columns] as uPlot.AlignedData;
  }

  private options(size: { width: number; height: number }): uPlot.Options {
    const { lines, stack } = this.state;
    return {
      ...size,
      padding: [6, 6, 0, 0],
      legend: { show: false },
      tzDate: inZone,
      scales: {
        x: { time: true, auto: false, range: () => [this.state.fromS, this.state.toS] },
        y: { range: () => [this.state.axis.min, this.state.axis.max] },
        right: { range: () => [this.state.right?.min ?? 0, this.state.right?.max ?? 1] },
      },
      series: [{}, ...lines.map((line, index) => this.series(line, index, stack))],
      bands: stack ? lines.slice(1).map((_, index) => this.band(index)) : [],
      axes: [this.timeAxis(), this.valueAxis(), ...(this.state.right ? [this.rightAxis()] : [])],
      cursor: {
        y: false,
        drag: { x: true, y: false, setScale: false },
        points: {
          size: 7,
          width: 1.5,
          stroke: () => ink("surface"),
          fill: (_, index) => this.colour(index - 1),
        },
        bind: {
          dblclick: () => () => {
            this.state.onReset();
            return null;
          },
        },
      },
      hooks: {
        drawClear: [() => paintHatches(this.canvas(), this.hatches())],
        draw: [
          () => {
            if (this.state.threshold) paintThreshold(this.canvas(), this.state.threshold);
            paintMarks(this.canvas(), this.state.marks);
          },
        ],
        setCursor: [(plot) => this.pointed(plot.cursor.left ?? -1)],
        setSelect: [(plot) => this.selected(plot)],
      },
    };
  }

  private colour(index: number): string {
    return seriesColour(this.state.lines[index]?.colour ?? 1);
  }

  private series(line: Line, index: number, stack: boolean): uPlot.Series {
    const alpha = stack ? 0.38 : 0.1;
    const bars = line.draw === "bars";
    const points = line.draw === "points";
    const filled = bars || (stack ? index === 0 : line.fill);
    const paths = bars ? uPlot.paths.bars?.({ size: BAR_SHARE }) : points ? () => null : undefined;
    return {
      label: line.name,
      scale: line.right ? "right" : "y",
      stroke: () => this.colour(index),
      width: line.px ?? LINE_PX,
      dash: bars ? [] : line.dash,
      ...(paths ? { paths } : {}),
      points: {
        show: !bars,
        size: points ? 4 : 3,
        width: 0,
        fill: () => this.colour(index),
        ...(points ? {} : { filter: (plot, at) => alone(plot.data[at]) }),
      },
      fillTo: 0,
      ...(filled ? { fill: () => faded(this.colour(index), bars ? 0.38 : alpha) } : {}),
    };
  }

  private band(index: number): uPlot.Band {
    return { series: [index + 2, index + 1], fill: () => faded(this.colour(index + 1), 0.38) };
  }

  private timeAxis(): uPlot.Axis {
    return {
      size: FOOT_PX,
      gap: 4,
      space: 70,
      incrs: TIME_STEPS,
      font: this.font(),
      stroke: () => ink("ink-3"),
      ticks: { show: false },
      grid: { stroke: () => ink("line"), width: 1, dash: [1, 3] },
      values: ({ bbox }, splits, _, __, step) => {
        const { fromS, toS } = this.state;
        const cut = (at: number) => isAtEnd(at, fromS, toS, bbox.width / uPlot.pxRatio);
        return splits.map((split) => (cut(split) ? "" : axisTime(split * 1000, step)));
      },
    };
  }

  private valueAxis(): uPlot.Axis {
    return {
      size: AXIS_PX,
      gap: 4,
      font: this.font(),
      stroke: () => ink("ink-3"),
      ticks: { show: false },
      grid: { stroke: () => ink("line"), width: 1 },
      splits: () => this.state.axis.ticks,
      values: (_, splits) => splits.map((split) => tickText(split, this.state.axis)),
    };
  }

  private rightAxis(): uPlot.Axis {
    return {
      ...this.valueAxis(),
      scale: "right",
      side: 1,
      grid: { show: false },
      splits: () => this.state.right?.ticks ?? [],
      values: (_, splits) =>
        splits.map((split) => (this.state.right ? tickText(split, this.state.right) : "")),
    };
  }

  private font = (): string => `10.5px ${fontFamily()}`;

  private canvas(): Plot {
    const { ctx, bbox } = this.plot;
    return {
      ctx,
      ...{ left: bbox.left, top: bbox.top, width: bbox.width, height: bbox.height },
      ratio: uPlot.pxRatio,
      x: (seconds) => this.plot.valToPos(seconds, "x", true),
      y: (value) => this.plot.valToPos(value, "y", true),
    };
  }

  private hatches(): Hatch[] {
    const { prepared, gapText } = this.state;
    return prepared.gaps.map(([from, to], index) => ({
      from,
      to,
      text: index === 0 ? (gapText?.(from, to) ?? "") : "",
    }));
  }

  private pointed(left: number): void {
    if (!this.hovered) {
      if (left < 0) this.movePill(left);
      return;
    }
    cursor.value = left < 0 ? null : this.plot.posToVal(left, "x");
    this.movePill(left);
  }

  private movePill(left: number): void {
    const at = (px: number) => this.plot.posToVal(px, "x");
    this.pill.move(left, this.plot.bbox.width / uPlot.pxRatio, () => {
      const mark = markNear(this.state.marks, at(left), at(MARK_PX) - at(0));
      return mark ? `${atSecond(mark.atS * 1000)} ${mark.text}` : atSecond(at(left) * 1000);
    });
  }

  private selected(plot: uPlot): void {
    const { left, width } = plot.select;
    if (width < 4) return;
    this.state.onZoom(plot.posToVal(left, "x"), plot.posToVal(left + width, "x"));
    plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
  }
}
