// Changes to a dashboard, each as a pure function: the document in, the changed document out.

import type { Dashboard, Panel, PanelKind, PanelOptions } from "../api/types";
import { FIRST_OPTIONS, firstQuery, NO_OPTIONS, SIZE } from "./board-defaults";
import { type Box, compacted, freePlace, placed, stepped } from "./grid";

/** The first free one of name, name-2, name-3. */
export function freeId(wanted: string, taken: readonly string[]): string {
  const base = wanted.replace(/-\d+$/, "").slice(0, 58) || "panel";
  for (let number = 1; ; number += 1) {
    const id = number === 1 ? base : `${base}-${number}`;
    if (!taken.includes(id)) return id;
  }
}

/** An id out of a title: Few Systems is few-systems. */
export const slug = (title: string): string =>
  title
    .normalize("NFKD")
    .replace(/\p{M}/gu, "")
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-+|-+$/g, "")
    .slice(0, 58) || "dashboard";

export const panelOf = (board: Dashboard, id: string): Panel | undefined =>
  board.panels.find((panel) => panel.id === id);

export const withPanel = (board: Dashboard, id: string, change: Partial<Panel>): Dashboard => ({
  ...board,
  panels: board.panels.map((panel) => (panel.id === id ? { ...panel, ...change } : panel)),
});

export const withOptions = (board: Dashboard, id: string, change: Partial<PanelOptions>): Dashboard => ({
  ...board,
  panels: board.panels.map((panel) =>
    panel.id === id ? { ...panel, options: { ...panel.options, ...change } } : panel,
  ),
});

/** A panel in another section, at a free place there. */
export function withSection(board: Dashboard, id: string, section: string): Dashboard {
  const panel = panelOf(board, id);
  if (!panel) return board;
  const { w, h } = panel.grid;
  const grid = { ...freePlace(boxesOf(board, section), w, h), w, h };
  return withPanel(board, id, { section, grid });
}

/** Panels of the same section, as boxes. */
export const boxesOf = (board: Dashboard, section: string): Box[] =>
  board.panels.filter((panel) => panel.section === section).map((panel) => ({ id: panel.id, ...panel.grid }));

function withBoxes(board: Dashboard, boxes: readonly Box[]): Dashboard {
  const panels = board.panels.map((panel) => {
    const box = boxes.find((each) => each.id === panel.id);
    if (!box) return panel;
    const { x, y, w, h } = box;
    return { ...panel, grid: { x, y, w, h } };
  });
  return { ...board, panels };
}

/** A panel somewhere else, or of another size; what is in the way makes room. */
export function withGrid(board: Dashboard, id: string, change: Partial<Panel["grid"]>): Dashboard {
  const panel = panelOf(board, id);
  if (!panel) return board;
  return withBoxes(board, placed(boxesOf(board, panel.section), { id, ...panel.grid, ...change }));
}

/** One step by key. */
export function withStep(board: Dashboard, id: string, dx: number, dy: number): Dashboard {
  const panel = panelOf(board, id);
  if (!panel) return board;
  return withBoxes(board, stepped(boxesOf(board, panel.section), { id, ...panel.grid }, dx, dy));
}

export function withNewPanel(board: Dashboard, kind: PanelKind, section = ""): [Dashboard, string] {
  const [w, h] = SIZE[kind];
  const id = freeId(
    kind,
    board.panels.map((panel) => panel.id),
  );
  const queries = kind === "text" ? [] : [firstQuery(kind)];
  const options = { ...NO_OPTIONS, ...FIRST_OPTIONS[kind] };
  const panel: Panel = {
    id,
    title: kind === "text" ? "" : "CPU busy",
    description: "",
    kind,
    section,
    grid: { ...freePlace(boxesOf(board, section), w, h), w, h },
    queries,
    unit: kind === "text" ? "" : "percent",
    decimals: null,
    thresholds: [],
    threshold_mode: "absolute",
    mappings: [],
    overrides: [],
    repeat: "",
    repeat_direction: "right",
    options,
  };
  return [{ ...board, panels: [...board.panels, panel] }, id];
}

export function withCopy(board: Dashboard, id: string): [Dashboard, string] {
  const panel = panelOf(board, id);
  if (!panel) return [board, id];
  const own = freeId(
    id,
    board.panels.map((each) => each.id),
  );
  const { w, h } = panel.grid;
  const grid = { ...freePlace(boxesOf(board, panel.section), w, h), w, h };
  return [{ ...board, panels: [...board.panels, { ...panel, id: own, grid }] }, own];
}

export function withoutPanel(board: Dashboard, id: string): Dashboard {
  const panel = panelOf(board, id);
  if (!panel) return board;
  const left = { ...board, panels: board.panels.filter((each) => each.id !== id) };
  return withBoxes(left, compacted(boxesOf(left, panel.section)));
}
