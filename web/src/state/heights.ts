// How tall the panels of dashboards last were where they are as tall as what they hold, so that a phone keeps their place
// until values come. Of panels never seen the choices tell how many rows to expect.

import type { Panel } from "../api/types";
import { type Choices, namesIn } from "./board-layout";
import { alsoForget } from "./forget";

const KEY = "muster.heights";
const MOST = 400; // panels; those seen longest ago are forgotten
const HEAD_PX = 78; // title, column heads, edges
const ROW_PX = 32;
const MOST_ROWS = 12;

export class Heights {
  private known: Map<string, number> | null = null;

  of(name: string): number | undefined {
    return this.read().get(name);
  }

  keep(name: string, px: number): void {
    const all = this.read();
    if (all.get(name) === px || px <= 0) return;
    all.delete(name);
    all.set(name, px);
    for (const oldest of [...all.keys()].slice(0, Math.max(0, all.size - MOST))) all.delete(oldest);
    try {
      localStorage.setItem(KEY, JSON.stringify(Object.fromEntries(all)));
    } catch {
      // It is known as long as the page is open.
    }
  }

  forget(): void {
    this.known = null;
    try {
      localStorage.removeItem(KEY);
    } catch {
      // Nothing was kept.
    }
  }

  private read(): Map<string, number> {
    if (this.known) return this.known;
    this.known = new Map();
    try {
      const stored: unknown = JSON.parse(localStorage.getItem(KEY) ?? "{}");
      for (const [name, px] of Object.entries(stored ?? {}))
        if (typeof px === "number" && px > 0) this.known.set(name, px);
    } catch {
      // A browser that keeps nothing, or what another version kept: it begins anew.
    }
    return this.known;
  }
}

export const heights = new Heights();
alsoForget(() => heights.forget());

/** A table has a row for each value, or each pair of values, that its queries go through. */
export function expectedHeight(panel: Panel, choices: Choices): number {
  const names = new Set(panel.queries.flatMap((query) => (query.hide ? [] : namesIn(query.text))));
  let rows = 1;
  for (const name of names) rows *= Math.max(1, choices[name]?.length ?? 1);
  return HEAD_PX + ROW_PX * Math.min(rows, panel.options.rows || MOST_ROWS, MOST_ROWS);
}
