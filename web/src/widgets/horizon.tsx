// A quiet line of strokes, one of them lit: the foot of the sign-in page. It says nothing about the fleet.

import { useEffect, useRef, useState } from "preact/hooks";

const STEP_PX = 14;
const LIT = 0.62;

/** A fixed row of random heights: the same horizon every time (mulberry32). */
function heights(count: number): number[] {
  let seed = 28_302_512;
  const next = () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let mixed = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  return Array.from({ length: count }, () => 6 + next() * next() * 34);
}

export function Horizon() {
  const host = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(0);
  useEffect(() => {
    if (!host.current) return undefined;
    const observer = new ResizeObserver(([entry]) => setWidth(Math.round(entry?.contentRect.width ?? 0)));
    observer.observe(host.current);
    return () => observer.disconnect();
  }, []);
  const count = Math.floor(width / STEP_PX);
  const lit = Math.round(count * LIT);
  return (
    <div ref={host} class="horizon">
      <svg viewBox={`0 0 ${width || 1} 64`} aria-hidden="true">
        {heights(count).map((height, index) => (
          <path
            key={index}
            class={index === lit ? "lamp" : ""}
            d={`M${STEP_PX / 2 + index * STEP_PX} 60v${-(index === lit ? 44 : height).toFixed(0)}`}
          />
        ))}
      </svg>
    </div>
  );
}
