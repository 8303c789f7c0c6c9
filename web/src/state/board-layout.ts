// A dashboard as it lies on the screen: sections and panels once for each value they repeat by. Pure.

import type { Dashboard, Panel, Section } from "../api/types";
import { COLUMNS, readingOrder } from "./grid";

/** Chosen values by variable; a repeated copy has one value of its own. */
export type Choices = Readonly<Record<string, readonly string[]>>;

/** A panel at its place, in its scope. */
export interface PlacedPanel {
  key: string;
  panel: Panel;
  copy: boolean; // not the first of its repetition: moved and edited through the first one
  scope: Choices; // what differs from the choices of the page
  x: number;
  y: number;
  w: number;
  h: number;
}

export interface PlacedSection {
  key: string;
  section: Section | null; // null: what stands above all sections
  title: string;
  scope: Choices;
  copy: boolean;
  panels: PlacedPanel[];
}

/** Values to repeat by; null while they are not known yet. */
export type ValuesOf = (variable: string, scope: Choices) => readonly string[] | null;

export const MOST_COPIES = 50; // of one panel or section

export function laidOut(dashboard: Dashboard, valuesOf: ValuesOf): PlacedSection[] {
  const known = new Set(dashboard.sections.map((section) => section.id));
  const free = dashboard.panels.filter((panel) => !known.has(panel.section));
  const placed: PlacedSection[] = [];
  if (free.length || !dashboard.sections.length)
    placed.push({
      key: "",
      section: null,
      title: "",
      scope: {},
      copy: false,
      panels: panelsOf(free, "", {}, valuesOf),
    });
  for (const section of dashboard.sections) {
    const own = dashboard.panels.filter((panel) => panel.section === section.id);
    scopes(section.repeat, {}, valuesOf).forEach((scope, index) => {
      const key = section.repeat ? `${section.id}=${scope[section.repeat]?.[0] ?? ""}` : section.id;
      const panels = panelsOf(own, key, scope, valuesOf);
      placed.push({ key, section, title: withValues(section.title, scope), scope, copy: index > 0, panels });
    });
  }
  return placed;
}

/** One scope for each value; without repetition the scope as it is. */
function scopes(variable: string, scope: Choices, valuesOf: ValuesOf): Choices[] {
  if (!variable) return [scope];
  const values = valuesOf(variable, scope) ?? [];
  return values.slice(0, MOST_COPIES).map((value) => ({ ...scope, [variable]: [value] }));
}

function panelsOf(panels: Panel[], section: string, scope: Choices, valuesOf: ValuesOf): PlacedPanel[] {
  const placed: PlacedPanel[] = [];
  let shift = 0; // rows that copies above have taken
  for (const row of rowsOf(panels)) {
    let deepest = 0;
    for (const panel of row) {
      const copies = scopes(panel.repeat, scope, valuesOf).map((own, index) =>
        copyOf(panel, index, own, section, shift),
      );
      placed.push(...copies);
      const bottom = Math.max(0, ...copies.map((copy) => copy.y + copy.h));
      if (panel.repeat) deepest = Math.max(deepest, bottom - (panel.grid.y + shift + panel.grid.h));
    }
    shift += deepest;
  }
  return placed;
}

/** Panels by the row they begin in, from the top. */
function rowsOf(panels: Panel[]): Panel[][] {
  const boxes = readingOrder(panels.map((panel) => ({ panel, id: panel.id, ...panel.grid })));
  const rows = new Map<number, Panel[]>();
  for (const { panel } of boxes) rows.set(panel.grid.y, [...(rows.get(panel.grid.y) ?? []), panel]);
  return [...rows.values()];
}

function copyOf(panel: Panel, index: number, scope: Choices, section: string, shift: number): PlacedPanel {
  const { x, y, w, h } = panel.grid;
  const value = panel.repeat ? (scope[panel.repeat]?.[0] ?? "") : "";
  const across = Math.max(1, Math.floor(COLUMNS / w));
  const right = panel.repeat_direction === "right";
  const place = right
    ? { x: index && panel.repeat ? (index % across) * w : x, y: y + Math.floor(index / across) * h }
    : { x, y: y + index * h };
  const key = `${section}/${panel.id}${panel.repeat ? `=${value}` : ""}`;
  return { key, panel, copy: index > 0, scope, x: place.x, y: place.y + shift, w, h };
}

/** A title with the values of its scope in it: "Linux $host" is "Linux web-01". */
export function withValues(text: string, choices: Choices): string {
  return text.replace(
    /\$(?:\{(\w+)(?::\w+)?\}|(\w+))|\[\[(\w+)\]\]/g,
    (whole, braced?: string, plain?: string, square?: string) => {
      const values = choices[braced ?? plain ?? square ?? ""];
      return values ? values.join(", ") : whole;
    },
  );
}

/** Variables that a text names. */
export const namesIn = (text: string): string[] => [
  ...new Set(
    [...text.matchAll(/\$(?:\{(\w+)(?::\w+)?\}|(\w+))|\[\[(\w+)\]\]/g)].map(
      ([, braced, plain, square]) => braced ?? plain ?? square ?? "",
    ),
  ),
];
