// The time axis under what is drawn without the chart library, and the cursor that all of a page share.

import type { ComponentChildren } from "preact";
import { TIME_STEPS } from "../charts/scale";
import { atSecond, axisTime } from "../format/times";
import { cursor } from "../state/cursor";

const MOST = 5;

/** Round moments between two times, at most so many. */
export function ticksOf(fromS: number, toS: number, most = MOST): { at: number; text: string }[] {
  const span = toS - fromS;
  if (!(span > 0)) return [];
  const step = TIME_STEPS.find((each) => span / each <= most) ?? span / most;
  const zone = new Date(fromS * 1000).getTimezoneOffset() * 60; // days begin at the viewer's midnight
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

/** Whatever lies over time from left to right: moving over it moves the cursor of the page. */
export function TimeSpace({ fromS, toS, label, children }: TimeSpaceProps) {
  const at = cursor.value;
  const share = at === null ? -1 : (at - fromS) / (toS - fromS);
  const move = (event: PointerEvent & { currentTarget: HTMLElement }) => {
    const { left, width } = event.currentTarget.getBoundingClientRect();
    cursor.value = fromS + ((event.clientX - left) / width) * (toS - fromS);
  };
  return (
    <div
      class="time-space"
      role="img"
      aria-label={label}
      onPointerMove={move}
      onPointerLeave={() => {
        cursor.value = null;
      }}
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
