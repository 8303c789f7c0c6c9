// The time axis under what is drawn without the chart library, and the cursor that all of a page share.

import type { ComponentChildren } from "preact";
import { useRef } from "preact/hooks";
import { TIME_STEPS } from "../charts/scale";
import { atSecond, axisTime, zoneAheadMs } from "../format/times";
import { cursor } from "../state/cursor";
import { fix } from "../state/range";
import { zoomBack } from "./chart-card";

const MOST = 5;

/** Round moments between two times, at most so many. */
export function ticksOf(fromS: number, toS: number, most = MOST): { at: number; text: string }[] {
  const span = toS - fromS;
  if (!(span > 0)) return [];
  const step = TIME_STEPS.find((each) => span / each <= most) ?? span / most;
  const zone = -zoneAheadMs(fromS * 1000) / 1000; // days begin at the zone's midnight
  const first = Math.ceil((fromS - zone) / step) * step + zone;
  const ticks: { at: number; text: string }[] = [];
  for (let at = first; at < toS; at += step) ticks.push({ at, text: axisTime(at * 1000, step) });
  return ticks;
}

export function TimeTicks({ fromS, toS }: { fromS: number; toS: number }) {
  return (
    <div class="time-ticks" aria-hidden="true">
      {ticksOf(fromS, toS).map(({ at, text }) => (
        <span key={at} style={{ "--x": ((at - fromS) / (toS - fromS)).toFixed(4) }}>
          {text}
        </span>
      ))}
    </div>
  );
}

interface TimeSpaceProps {
  fromS: number;
  toS: number;
  label: string;
  children: ComponentChildren;
}

const LEAST_PX = 4; // a shorter drag was a press

/** Whatever lies over time from left to right: moving over it moves the cursor of the page, dragging zooms it. */
export function TimeSpace({ fromS, toS, label, children }: TimeSpaceProps) {
  const dragged = useRef<number | null>(null);
  const at = cursor.value;
  const share = at === null ? -1 : (at - fromS) / (toS - fromS);
  const timeAt = (event: PointerEvent & { currentTarget: HTMLElement }) => {
    const { left, width } = event.currentTarget.getBoundingClientRect();
    return fromS + ((event.clientX - left) / width) * (toS - fromS);
  };
  return (
    <div
      class="time-space"
      role="img"
      aria-label={label}
      onPointerDown={(event) => {
        dragged.current = event.button ? null : event.clientX;
      }}
      onPointerMove={(event) => {
        cursor.value = timeAt(event);
      }}
      onPointerUp={(event) => {
        const from = dragged.current;
        dragged.current = null;
        if (from === null || Math.abs(event.clientX - from) < LEAST_PX) return;
        const { left, width } = event.currentTarget.getBoundingClientRect();
        const start = fromS + ((from - left) / width) * (toS - fromS);
        const [first = 0, last = 0] = [start, timeAt(event)].sort((a, b) => a - b);
        fix(first * 1000, last * 1000);
      }}
      onPointerLeave={() => {
        cursor.value = null;
        dragged.current = null;
      }}
      onDblClick={zoomBack}
    >
      {children}
      {share >= 0 && share <= 1 && (
        <i class="time-cursor" style={{ "--x": share.toFixed(5) }}>
          <output>{atSecond((at ?? 0) * 1000)}</output>
        </i>
      )}
    </div>
  );
}
