// When panels ask again: by themselves in the rhythm of the dashboard, while the range is live and the page is seen.

import { computed, effect, signal } from "@preact/signals";
import { board } from "./board";
import { param } from "./location";
import { range, secondsOf } from "./range";

/** Grows whenever panels should ask again. */
export const tick = signal(0);

export const OFF = "off";
const USUAL = ["10s", "30s", "1m", "5m", "15m", "1h"];
const SHORTEST_S = 5;

/** What the address says, or the dashboard. */
export const refreshName = computed(() => param("refresh") || board.value?.refresh || OFF);

export const refreshChoices = computed(() => {
  const own = board.value?.refresh_choices ?? [];
  return own.length ? own : USUAL;
});

/** Seconds between two questions; 0: never by itself. */
export const refreshS = computed(() => {
  if (!range.value.live || refreshName.value === OFF) return 0;
  const seconds = spanOf(refreshName.value);
  return seconds ? Math.max(SHORTEST_S, seconds) : 0;
});

/** Also the short spans that no range has. */
function spanOf(name: string): number {
  const short = /^(\d{1,3})s$/.exec(name);
  return short ? Number(short[1]) : (secondsOf(name) ?? 0);
}

export const refreshNow = (): void => {
  tick.value += 1;
};

/** Runs until the returned function is called. A page that was hidden asks at once when it is seen again. */
export function startRefresh(): () => void {
  let missed = false;
  const turn = () => {
    missed = document.hidden;
    if (!missed) refreshNow();
  };
  const seen = () => {
    if (missed && !document.hidden) turn();
  };
  document.addEventListener("visibilitychange", seen);
  const stop = effect(() => {
    if (!refreshS.value) return undefined;
    const timer = setInterval(turn, refreshS.value * 1000);
    return () => clearInterval(timer);
  });
  return () => {
    stop();
    document.removeEventListener("visibilitychange", seen);
  };
}
