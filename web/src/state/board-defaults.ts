// What new things of a dashboard begin with. The same defaults as in the file: docs/formats/dashboard.md

import type {
  Dashboard,
  FieldOverride,
  Language,
  PanelKind,
  PanelOptions,
  PanelQuery,
  ValueMapping,
  Variable,
} from "../api/types";

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
  instant: false,
};

export const NO_VARIABLE: Variable = {
  name: "",
  label: "",
  kind: "query",
  query: 'SHOW TAG VALUES FROM "system" WITH KEY = "host"',
  language: "influxql",
  database: "",
  policy: "",
  values: [],
  regex: "",
  sort: "ascending",
  multi: true,
  all: true,
  default: [],
  hide: false,
};

/** What a variable asks at first, in each language. */
export const FIRST_LISTING: Record<Language, string> = {
  influxql: NO_VARIABLE.query,
  promql: "label_values(system_uptime, host)",
};

export const NO_MAPPING: ValueMapping = {
  text: "",
  color: "",
  value: null,
  low: null,
  high: null,
  pattern: "",
  empty: false,
};

export const NO_OVERRIDE: FieldOverride = {
  field: "",
  pattern: "",
  label: "",
  unit: "",
  decimals: null,
  min: null,
  max: null,
  color: "",
  axis: "left",
  line_px: null,
  draw: null,
  width_px: null,
  paint: null,
  thresholds: [],
  threshold_mode: "absolute",
  mappings: [],
  hide: false,
};

export const SIZE: Record<PanelKind, [w: number, h: number]> = {
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

/** What a new panel of a kind looks like. */
export const FIRST_OPTIONS: Partial<Record<PanelKind, Partial<PanelOptions>>> = {
  text: { text: "Text with **words** that matter." },
  table: { hide_time: true },
  stat: { sparkline: true },
};

const PROM_BUSY = '100 - avg by (host) (cpu_usage_idle{cpu="cpu-total"})';
const OF_NOW: PanelKind[] = ["gauge", "bar", "table"];

/** What a new panel asks, so that it shows something at once. */
export const firstQuery = (kind: PanelKind, language: Language = "influxql"): PanelQuery => ({
  ...NO_QUERY,
  language,
  legend: language === "promql" ? "{{host}}" : "$tag_host",
  ...(language === "promql"
    ? { text: PROM_BUSY, instant: OF_NOW.includes(kind) }
    : { text: OF_NOW.includes(kind) ? NOW : OVER_TIME }),
});

/** A query in another language: what nobody has written yet is replaced, the rest stays to be written anew. */
export function inLanguage(query: PanelQuery, kind: PanelKind, language: Language): PanelQuery {
  const first = firstQuery(kind, query.language);
  const isFirst = query.text === first.text || !query.text.trim();
  const { text, legend, instant } = firstQuery(kind, language);
  return { ...query, language, instant, ...(isFirst ? { text, legend } : {}) };
}

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
