// The hub's time as the browser sees it: what is shown as "4 min ago" must not depend on this machine's clock.

import { signal } from "@preact/signals";

let skewMs = 0;

/** Milliseconds since 1970, moved on once a second. */
export const now = signal(Date.now());

export const hubNow = (): number => Date.now() + skewMs;

/** Takes the hub's word for the time; small differences are only the way here. */
export function hear(hubMs: number): void {
  const skew = hubMs - Date.now();
  if (Math.abs(skew - skewMs) <= 1500) return;
  skewMs = skew;
  now.value = hubNow();
}

export function startClock(): void {
  setInterval(() => {
    if (!document.hidden) now.value = hubNow();
  }, 1000);
  document.addEventListener("visibilitychange", () => {
    now.value = hubNow();
  });
}
