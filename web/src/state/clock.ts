// The hub's time as the browser sees it: what is shown as "4 min ago" must not depend on this machine's clock.

import { signal } from "@preact/signals";

const SILENT_MS = 1500;
let skewMs = 0;
let heardMs = 0;

/** Milliseconds since 1970, moved on once a second. */
export const now = signal(Date.now());

export const hubNow = (): number => Date.now() + skewMs;

/** Takes the hub's word for the time; small differences are only the way here. Ages move with the values, in one frame. */
export function hear(hubMs: number): void {
  heardMs = Date.now();
  const skew = hubMs - heardMs;
  const wrong = Math.abs(skew - skewMs) > 1500;
  if (wrong) skewMs = skew;
  if (wrong || !document.hidden) now.value = hubNow();
}

export function startClock(): void {
  setInterval(() => {
    const silent = Date.now() - heardMs >= SILENT_MS;
    if (silent && !document.hidden) now.value = hubNow();
  }, 1000);
  document.addEventListener("visibilitychange", () => {
    now.value = hubNow();
  });
}
