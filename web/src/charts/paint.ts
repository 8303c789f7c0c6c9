// What is drawn behind and above the lines: hatched gaps, thresholds and marks. Knows a canvas, not the chart library.

import type { Threshold } from "./chart";
import type { ChartMark } from "./marks";
import { fontFamily, ink } from "./palette";

/** The plot in canvas pixels, and its scales. */
export interface Plot {
  ctx: CanvasRenderingContext2D;
  left: number;
  top: number;
  width: number;
  height: number;
  ratio: number; // canvas pixels per CSS pixel
  x: (seconds: number) => number;
  y: (value: number) => number;
}

export interface Hatch {
  from: number;
  to: number;
  text: string; // the cause, named once on a page
}

const HATCH_PX = 8;
const FLAG_PX = 4;

export function paintHatches(plot: Plot, hatches: Hatch[]): void {
  for (const hatch of hatches) {
    const from = Math.max(plot.left, plot.x(hatch.from));
    const to = Math.min(plot.left + plot.width, plot.x(hatch.to));
    if (to - from < 1) continue;
    paintHatch(plot, from, to);
    if (hatch.text) label(plot, hatch.text, from, to);
  }
}

function paintHatch({ ctx, top, height, ratio }: Plot, from: number, to: number): void {
  ctx.save();
  ctx.beginPath();
  ctx.rect(from, top, to - from, height);
  ctx.clip();
  ctx.strokeStyle = ink("line-2");
  ctx.lineWidth = ratio;
  ctx.beginPath();
  for (let x = from - height; x < to; x += HATCH_PX * ratio) {
    ctx.moveTo(x, top + height);
    ctx.lineTo(x + height, top);
  }
  ctx.stroke();
  ctx.restore();
}

function label(plot: Plot, text: string, from: number, to: number): void {
  const { ctx, top, ratio } = plot;
  ctx.save();
  ctx.font = `${10 * ratio}px ${fontFamily()}`;
  const wide = ctx.measureText(text).width;
  const middle = (from + to) / 2;
  const half = wide / 2 + 4 * ratio;
  const x = Math.min(plot.left + plot.width - half, Math.max(plot.left + half, middle));
  ctx.textAlign = "center";
  ctx.textBaseline = "alphabetic";
  ctx.fillStyle = ink("surface");
  ctx.fillRect(x - half, top + 3 * ratio, 2 * half, 14 * ratio);
  ctx.fillStyle = ink("ink-2");
  ctx.fillText(text, x, top + 13 * ratio);
  ctx.restore();
}

export function paintThreshold(plot: Plot, threshold: Threshold): void {
  const { ctx, ratio } = plot;
  const y = Math.round(plot.y(threshold.at));
  if (y < plot.top || y > plot.top + plot.height) return;
  ctx.save();
  ctx.strokeStyle = ink(threshold.level);
  ctx.lineWidth = ratio;
  ctx.setLineDash([4 * ratio, 3 * ratio]);
  ctx.beginPath();
  ctx.moveTo(plot.left, y);
  ctx.lineTo(plot.left + plot.width, y);
  ctx.stroke();
  ctx.setLineDash([]);
  ctx.textAlign = "left";
  ctx.textBaseline = "alphabetic";
  ctx.font = `${10 * ratio}px ${fontFamily()}`;
  const below = y - plot.top < 14 * ratio;
  const textY = below ? y + 11 * ratio : y - 4 * ratio;
  ctx.lineJoin = "round";
  ctx.lineWidth = 3 * ratio;
  ctx.strokeStyle = ink("surface");
  ctx.strokeText(threshold.text, plot.left + 4 * ratio, textY);
  ctx.fillStyle = ink(threshold.level);
  ctx.fillText(threshold.text, plot.left + 4 * ratio, textY);
  ctx.restore();
}

/** Thin lines from top to bottom with a flag: the shape says that it is neither a gap nor a limit. */
export function paintMarks(plot: Plot, marks: readonly ChartMark[]): void {
  const { ctx, top, height, ratio } = plot;
  ctx.save();
  ctx.strokeStyle = ink("ink-2");
  ctx.fillStyle = ink("ink-2");
  ctx.lineWidth = ratio;
  for (const { atS } of marks) {
    const x = Math.round(plot.x(atS)) + 0.5;
    if (x < plot.left || x > plot.left + plot.width) continue;
    ctx.beginPath();
    ctx.moveTo(x, top);
    ctx.lineTo(x, top + height);
    ctx.stroke();
    ctx.beginPath();
    ctx.moveTo(x - FLAG_PX * ratio, top);
    ctx.lineTo(x + FLAG_PX * ratio, top);
    ctx.lineTo(x, top + 1.5 * FLAG_PX * ratio);
    ctx.fill();
  }
  ctx.restore();
}
