// Widths at which the table changes its columns; the same numbers as in styles/narrow.css.

import { type ReadonlySignal, signal } from "@preact/signals";

function matches(query: string): ReadonlySignal<boolean> {
  const list = globalThis.matchMedia?.(query);
  const on = signal(list?.matches ?? false);
  list?.addEventListener("change", (event) => {
    on.value = event.matches;
  });
  return on;
}

/** Heard and Network have stepped aside. */
export const isMedium = matches("(max-width: 1180px)");
/** One column of everything, a bar of places at the foot. */
export const isPhone = matches("(max-width: 720px)");
/** A row is a card of two lines. */
export const isNarrow = matches("(max-width: 900px)");
