// Changes to a dashboard, each as a pure function: the document in, the changed document out.

import type { Dashboard, Panel, PanelKind, PanelOptions, PanelQuery } from "../api/types";
import { type Box, compacted, freePlace, placed, stepped } from "./grid";

export const NO_OPTIONS: PanelOptions = {
  calculation: "last_value",
  paint: "value",
  sparkline: false,
  shape: "bars",
  min: null,
  max: null,
  empty: "",
  draw: "lines",
  stack: false,
  fill_percent: 0,
  line_px: 1.25,
  connect_gaps: false,
  legend: "bottom",
  legend_values: [],
  hide_zero: false,
  sort_by: "",
  descending: false,
  hide_time: false,
  rows: 0,
  buckets: 0,
  bucket_size: null,
  text: "",
};

export const NO_QUERY: PanelQuery = {
  text: "",
  language: "influxql",
  database: "",
  policy: "",
  legend: "",
  min_interval: "",
  hide: false,
};

const SIZE: Record<PanelKind, [w: number, h: number]> = {
  timeseries: [12, 8],
  stat: [4, 3],
  gauge: [4, 4],
  bar: [6, 6],
  table: [8, 8],
  histogram: [8, 8],
  timeline: [12, 5],
  heatmap: [12, 8],
  text: [6, 4],
};

const BUSY = `FROM "cpu" WHERE "cpu" = 'cpu-total' AND $timeFilter GROUP BY`;
const OVER_TIME = `SELECT 100 - mean("usage_idle") AS "busy" ${BUSY} time($__interval), "host"`;
const NOW = `SELECT 100 - last("usage_idle") AS "busy" ${BUSY} "host"`;

const FIRST_OPTIONS: Partial<Record<PanelKind, Partial<PanelOptions>>> = {
  text: { text: "Text with **words** that matter." },
  table: { hide_time: true },
  stat: { sparkline: true },
};

/** What a new panel asks, so that it shows something at once. */
export const firstQuery = (kind: PanelKind): PanelQuery => ({
  ...NO_QUERY,
  text: ["gauge", "bar", "table"].includes(kind) ? NOW : OVER_TIME,
  legend: "$tag_host",
});

export const emptyDashboard = (id: string, title: string): Dashboard => ({
  id,
  title,
  description: "",
  tags: [],
  database: "",
  policy: "",
  time: { last: "3h", start: "", end: "", zone: "" },
  refresh: "30s",
  refresh_choices: [],
  variables: [],
  sections: [],
  panels: [],
});

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
