// Dashboards of the invented hub: two documents, answers to the InfluxQL they hold, variables, saving, links.

import { hash } from "./metrics.mjs";
import { answer } from "./queries.mjs";
import { need, Refusal } from "./refusal.mjs";

const OPTIONS = {
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
const OVERRIDE = {
  ...{ field: "", pattern: "", label: "", unit: "", decimals: null, min: null, max: null, color: "" },
  ...{ axis: "left", line_px: null, draw: null, width_px: null, paint: null, thresholds: [] },
  ...{ threshold_mode: "absolute", mappings: [], hide: false },
};
const query = (text, legend = "") => ({
  ...{ text, language: "influxql", database: "", policy: "", legend, min_interval: "", hide: false },
  instant: false,
});
const limits = (...pairs) => [
  { color: "green", value: null },
  ...pairs.map(([color, value]) => ({ color, value })),
];
const mapping = (change) => ({
  text: "",
  color: "",
  value: null,
  low: null,
  high: null,
  pattern: "",
  empty: false,
  ...change,
});

function panel(id, title, kind, [x, y, w, h], texts, change = {}) {
  const { options = {}, overrides = [], ...rest } = change;
  return {
    ...{ id, title, description: "", kind, section: "", grid: { x, y, w, h } },
    queries: texts.map((each) => (typeof each === "string" ? query(each) : each)),
    ...{ unit: "", decimals: null, thresholds: [], threshold_mode: "absolute", mappings: [] },
    ...{ repeat: "", repeat_direction: "right" },
    ...rest,
    overrides: overrides.map((each) => ({ ...OVERRIDE, ...each })),
    options: { ...OPTIONS, ...options },
  };
}

const board = (change) => ({
  ...{ description: "", tags: [], database: "", policy: "", refresh: "", refresh_choices: [] },
  time: { last: "3h", start: "", end: "", zone: "" },
  ...{ variables: [], sections: [], panels: [] },
  ...change,
});

const hosts = {
  ...{ name: "host", label: "Host", kind: "query", database: "", policy: "", values: [], regex: "" },
  language: "influxql",
  query: 'SHOW TAG VALUES FROM "system" WITH KEY = "host"',
  ...{ sort: "ascending", multi: true, all: true, default: [], hide: false },
};
const HOST = '("host" =~ /^$host$/) AND $timeFilter';
const each = (text) => `SELECT ${text} WHERE ${HOST}`;
const tile = (id, title, place, text, change = {}) =>
  panel(id, title, "stat", place, [each(text)], { section: "host", ...change });

const FEW = board({
  id: "few-systems",
  title: "Few systems",
  description: "A line for each machine.",
  tags: ["linux", "overview"],
  refresh: "30s",
  refresh_choices: ["10s", "30s", "5m"],
  variables: [{ ...hosts, default: ["lighthouse", "store-a", "bench-gpu"] }],
  sections: [{ id: "host", title: "$host", repeat: "host", collapsed: false }],
  panels: [
    tile("uptime", "Uptime", [0, 0, 2, 2], 'last("uptime") FROM "system"', {
      ...{ unit: "s", decimals: 0, options: { paint: "background" } },
      thresholds: [
        { color: "red", value: null },
        { color: "yellow", value: 3600 },
        { color: "green", value: 86400 },
      ],
    }),
    tile("memory", "Memory", [2, 0, 2, 2], 'last("total") FROM "mem"', { unit: "bytes" }),
    tile("swap", "Swap", [4, 0, 2, 2], 'last("total") FROM "swap"', { unit: "bytes" }),
    tile("load", "Load 15 min", [0, 2, 2, 2], 'last("load15") FROM "system"', {
      ...{ options: { paint: "background" }, thresholds: limits(["yellow", 1.5], ["red", 10]) },
    }),
    tile(
      "used",
      "Mem. free",
      [2, 2, 2, 2],
      'last("available") AS "available", last("total") AS "total" FROM "mem"',
      {
        ...{ unit: "bytes", options: { paint: "background", sparkline: true }, threshold_mode: "percent" },
        ...{ thresholds: limits(["yellow", 75], ["red", 95]), overrides: [{ field: "total", hide: true }] },
      },
    ),
    tile("ups", "UPS", [4, 2, 2, 2], 'last("time_left_ns") FROM "apcupsd"', { options: { empty: "no UPS" } }),
    panel(
      "cores",
      "CPU cores, busy %",
      "bar",
      [6, 0, 3, 6],
      [{ ...query(`SELECT 100 - last("usage_idle") FROM "cpu" WHERE ${HOST} GROUP BY "cpu"`, "$tag_cpu") }],
      {
        ...{ section: "host", unit: "percent", decimals: 0, thresholds: limits(["red", 80]) },
        options: { shape: "squares", max: 100, sort_by: "name" },
      },
    ),
    panel(
      "disks",
      "File systems",
      "table",
      [9, 0, 4, 6],
      [
        `SELECT last("used") AS "used", last("total") AS "total", last("used_percent") AS "percent" FROM "disk" WHERE ${HOST} GROUP BY "path"`,
      ],
      {
        ...{ section: "host", unit: "bytes", options: { hide_time: true } },
        overrides: [
          {
            ...{ field: "percent", unit: "percent", decimals: 0, paint: "background" },
            thresholds: limits(["yellow", 75], ["red", 95]),
          },
        ],
      },
    ),
    panel(
      "net",
      "Network",
      "table",
      [13, 0, 3, 6],
      [
        `SELECT last("bytes_recv") AS "rx", last("bytes_sent") AS "tx" FROM "net" WHERE ${HOST} GROUP BY "interface"`,
      ],
      { section: "host", unit: "bytes/s", options: { hide_time: true } },
    ),
    panel(
      "chart",
      "Busy",
      "timeseries",
      [16, 0, 8, 6],
      [
        query(`SELECT 100 - mean("usage_idle") FROM "cpu" WHERE ${HOST} GROUP BY time($__interval)`, "CPU"),
        query(`SELECT mean("usage_user") FROM "cpu" WHERE ${HOST} GROUP BY time($__interval)`, "RAM"),
        query(`SELECT max("used_percent") FROM "disk" WHERE ${HOST} GROUP BY time($__interval)`, "Disk"),
      ],
      { section: "host", unit: "percent", options: { max: 100, connect_gaps: true } },
    ),
    tile("containers", "Containers", [0, 4, 3, 2], 'last("n_containers_running") FROM "docker"'),
    tile("users", "Users", [3, 4, 3, 2], 'last("n_users") FROM "system"'),
  ],
});

const KINDS = board({
  id: "kinds",
  title: "Every kind of panel",
  tags: ["overview", "sample"],
  refresh: "",
  variables: [{ ...hosts, multi: false, all: false, default: ["pilot-db"] }],
  panels: [
    panel(
      "lines",
      "CPU by part",
      "timeseries",
      [0, 0, 12, 7],
      [
        each('mean("usage_user") AS "user", mean("usage_system") AS "system" FROM "cpu"') +
          " GROUP BY time($__interval)",
      ],
      {
        ...{ unit: "percent", thresholds: limits(["yellow", 40]) },
        options: { stack: true, fill_percent: 20, legend_values: ["max"] },
      },
    ),
    panel("gauge", "Load", "gauge", [12, 0, 4, 4], [each('last("load1") FROM "system"')], {
      ...{ unit: "percent", thresholds: limits(["yellow", 60], ["red", 90]) },
    }),
    panel(
      "stat",
      "Load",
      "stat",
      [16, 0, 4, 4],
      [`${each('mean("load1") FROM "system"')} GROUP BY time($__interval)`],
      {
        options: { sparkline: true },
      },
    ),
    panel(
      "bars",
      "Disks full",
      "bar",
      [20, 0, 4, 4],
      [query(`SELECT last("used_percent") FROM "disk" WHERE ${HOST} GROUP BY "path"`, "$tag_path")],
      { unit: "percent", thresholds: limits(["yellow", 75], ["red", 95]) },
    ),
    panel("text", "", "text", [12, 4, 12, 3], [], {
      options: {
        text: "## What this is\nOne panel of **each kind** for `$host`, with a [link to the nodes](/nodes).\n\n- HTML stays text: <b>no</b>\n- a script is a word: <script>alert(1)</script>",
      },
    }),
    panel(
      "histogram",
      "How busy, how often",
      "histogram",
      [0, 7, 8, 6],
      [`${each('mean("usage_user") FROM "cpu"')} GROUP BY time($__interval)`],
      { unit: "percent" },
    ),
    panel(
      "heat",
      "Busy by core over time",
      "heatmap",
      [8, 7, 8, 6],
      [`${each('mean("usage_user") FROM "cpu"')} GROUP BY time($__interval), "cpu"`],
      { unit: "percent" },
    ),
    panel(
      "states",
      "Busy by level",
      "timeline",
      [16, 7, 8, 6],
      [
        query(
          `SELECT mean("usage_user") FROM "cpu" WHERE $timeFilter GROUP BY time($__interval), "host"`,
          "$tag_host",
        ),
      ],
      {
        mappings: [
          mapping({ text: "low", low: 0, high: 40, color: "green" }),
          mapping({ text: "half", low: 40, high: 60, color: "yellow" }),
          mapping({ text: "high", low: 60, high: 100, color: "red" }),
        ],
      },
    ),
    panel(
      "table",
      "All values",
      "table",
      [0, 13, 12, 6],
      [
        `SELECT mean("load1") AS "load", mean("uptime") AS "uptime" FROM "system" WHERE $timeFilter GROUP BY "host"`,
      ],
      { options: { hide_time: true }, overrides: [{ field: "uptime", unit: "s" }] },
    ),
    panel("broken", "A query that is refused", "timeseries", [12, 13, 12, 6], ["SELEC nothing"]),
  ],
});

export const boards = () => ({
  boards: new Map(
    [FEW, KINDS].map((document) => [document.id, { document, etag: "1", builtIn: true, changed: 0 }]),
  ),
  links: [],
  slow: null, // {words, ms}: what is answered late
});

const CALL = /(?:(100) - )?(\w+)\("?(\w+)"?\)(?:\s+AS\s+"?(\w+)"?)?/gi;

/** Rows of one query: functions of single fields, grouped by time and one tag, of the chosen hosts. */
function seriesOf(nodes, { text, legend }, body, now) {
  const parts = /^SELECT (.+?) FROM "?(\w+)"?\s*(.*)$/is.exec(text.trim());
  if (!parts)
    throw new Refusal(
      400,
      "input",
      "error parsing query: found SELEC, expected SELECT, SHOW at line 1, char 1",
    );
  const [, select, measurement, rest] = parts;
  const hosts = /\$host/.test(rest) ? (body.variables.host ?? []) : null;
  const own = nodes.filter((node) => !hosts || hosts.includes(node.name));
  const tag = /GROUP BY.*?"(\w+)"/is.exec(rest)?.[1];
  const [from, to] = [body.from_ns / 1e9, Math.min(body.to_ns / 1e9, now)];
  const step = stepOf(to - from, body.width_px);
  const timed = /time\(/.test(rest);
  const groups = new Map();
  for (const call of select.matchAll(CALL)) {
    const asked = { select: { measurement, fields: [call[3]] } };
    const frame = answer(
      own,
      asked,
      timed ? from : Math.floor(to) - 2,
      timed ? to : Math.floor(to) - 1,
      timed ? step : 1,
    );
    frame.series.forEach((series, at) => {
      const tags = Object.fromEntries(series.tags);
      if (measurement === "cpu" && (tag === "cpu") === (tags.cpu === "cpu-total")) return;
      put(groups, { measurement, tag, tags, call, legend }, frame, frame.values[at] ?? []);
    });
  }
  return { series: [...groups.values()], interval_ms: step * 1000 };
}

/** One column of one group; a group has each name once. */
function put(groups, { measurement, tag, tags, call, legend }, frame, values) {
  const [, minus, , , alias] = call;
  const key = tag ? tags[tag] : "";
  const times = frame.times.map((t) => t / 1e6);
  const group = groups.get(key) ?? { name: measurement, tags: tag ? { [tag]: key } : {}, times, columns: [] };
  groups.set(key, group);
  const name = alias ?? call[2];
  if (group.columns.some((each) => each.name === name)) return;
  const label = legend.replace(/\$tag_(\w+)/g, (_, each) => tags[each] ?? "") || `${name} ${key}`.trim();
  const column = values.map((value) => (value !== null && minus ? 100 - value : value));
  group.columns.push({ name, label, kind: "float", values: column });
}

const stepOf = (span, width) =>
  [1, 5, 10, 30, 60, 300, 3600].find((step) => span / step <= Math.min(width, 400)) ?? 86400;

const SHOWN = {
  MEASUREMENTS: ["name", ["cpu", "disk", "diskio", "mem", "net", "swap", "system"]],
  "FIELD KEYS": ["fieldKey", ["usage_idle", "usage_iowait", "usage_system", "usage_user"]],
  "TAG KEYS": ["tagKey", ["cpu", "host"]],
  DATABASES: ["name", ["telegraf1"]],
};

function shown(nodes, text) {
  const [, what = ""] = /^SHOW (\w+(?: (?:KEYS|VALUES))?)/i.exec(text) ?? [];
  const [name, values] = SHOWN[what.toUpperCase()] ?? ["value", nodes.map((node) => node.name).sort()];
  const column = { name, label: name, kind: "string", values };
  return { series: [{ name: "", tags: {}, times: null, columns: [column] }], interval_ms: 0 };
}

const SELECTOR = /(?:(100) - )?.*?\b(cpu|system|mem)_(\w+?)(?:\{|\)|\s|$)/;

/** PromQL: the metric it names, by host, over time or at the end alone. */
function promOf(nodes, { text, legend, instant }, body, now) {
  const parts = SELECTOR.exec(text.trim());
  if (!parts) throw new Refusal(400, "input", "1:1: parse error: unexpected identifier");
  const [, minus, measurement, field] = parts;
  const to = Math.min(body.to_ns / 1e9, now);
  const step = instant ? 1 : stepOf(to - body.from_ns / 1e9, body.width_px);
  const from = instant ? Math.floor(to) - 2 : body.from_ns / 1e9;
  const frame = answer(nodes, { select: { measurement, fields: [field] } }, from, to, step);
  const series = frame.series.flatMap((each, at) => {
    const tags = Object.fromEntries(each.tags);
    if (measurement === "cpu" && tags.cpu !== "cpu-total") return [];
    const all = frame.values[at].map((value) => (value !== null && minus ? 100 - value : value));
    const [times, values] = [frame.times.map((t) => t / 1e6), all];
    const last = values.findLastIndex((value) => value !== null);
    if (instant && last < 0) return [];
    const kept = instant ? [[times[last]], [values[last]]] : [times, values];
    const label = legend.replace(/\{\{\s*(\w+)\s*\}\}/g, (_, name) => tags[name] ?? "") || tags.host;
    const column = { name: `${measurement}_${field}`, label, kind: "float", values: kept[1] };
    return [{ name: "", tags: { host: tags.host }, times: kept[0], columns: [column] }];
  });
  return { series, interval_ms: step * 1000 };
}

const LABELS = ["cpu", "host"];
const METRICS = ["cpu_usage_idle", "cpu_usage_user", "mem_available", "system_load1"];

/** Names of Prometheus' query API: metrics, labels, values of a label. */
export function promPath(at, nodes) {
  const path = at.slice(5).join("/"); // behind prometheus/api/v1
  const hosts = nodes.map((node) => node.name).sort();
  const data = path === "labels" ? LABELS : path.startsWith("label/__name__") ? METRICS : hosts;
  return { status: "success", data };
}

function queryAnswer(nodes, asked, number, body, now) {
  const empty = { query: number, text: asked.text, interval_ms: 0, series: [], messages: [], error: "" };
  try {
    const found =
      asked.language === "promql"
        ? promOf(nodes, asked, body, now)
        : /^\s*SHOW/i.test(asked.text)
          ? shown(nodes, asked.text)
          : seriesOf(nodes, asked, body, now);
    return { ...empty, ...found };
  } catch (error) {
    return { ...empty, error: error.message };
  }
}

export function influxPath([, , , what], body, state, nodes, now) {
  if (what === "variable") {
    const names = nodes.map((node) => node.name).sort();
    const values = body.variable.kind === "list" ? body.variable.values : names;
    return { values: values.map((value) => ({ value, text: value })), more: 0 };
  }
  state.panelsAsked = [...(state.panelsAsked ?? []), ...body.queries.map((each) => each.text)].slice(-200);
  return panelAnswer(body.queries, body, nodes, now);
}

const panelAnswer = (queries, body, nodes, now) => ({
  answers: queries.flatMap((each, at) => (each.hide ? [] : [queryAnswer(nodes, each, at, body, now)])),
});

const rowOf = ({ document, etag, builtIn, changed }, links) => ({
  ...{ id: document.id, title: document.title, description: document.description, tags: document.tags },
  ...{ built_in: builtIn, etag, changed_ns: changed, error: "" },
  links: links.filter((link) => link.dashboard === document.id && link.state === "valid").length,
});

export function boardPath([, , , id, what, which], method, body, state, headers, nowNs) {
  if (!id) return [...state.boards.values()].map((kept) => rowOf(kept, state.links));
  if (id === "import") return imported(body.text);
  if (method === "PUT") return saved(id, body, state, headers["if-match"] ?? "", nowNs);
  const kept = need(state.boards.get(id), "dashboard");
  if (what === "export")
    return {
      name: `${id}.${body.format}`,
      text: `id = "${id}"\ntitle = "${kept.document.title}"\n`,
      not_carried: [],
    };
  if (what === "links") return linkPath(id, which, method, body, state, nowNs);
  if (method === "DELETE") {
    state.boards.delete(id);
    return null;
  }
  return {
    dashboard: kept.document,
    etag: kept.etag,
    built_in: kept.builtIn,
    may_edit: true,
    may_share: true,
  };
}

function saved(id, document, state, match, nowNs) {
  const kept = state.boards.get(id);
  if (kept && kept.etag !== match)
    throw new Refusal(412, "changed_meanwhile", `${id} was saved by somebody else meanwhile`);
  const etag = String(Number(kept?.etag ?? 0) + 1);
  state.boards.set(id, { document, etag, builtIn: false, changed: nowNs });
  return { id, etag, change: kept ? "changed" : "created" };
}

function imported(text) {
  let title = "";
  try {
    ({ title } = JSON.parse(text));
  } catch {
    throw new Refusal(400, "input", "this is neither JSON of Grafana nor TOML");
  }
  return {
    dashboard: { ...KINDS, id: "imported", title },
    not_carried: ["panel “Map”: there is no kind geomap here", "annotations are left out"],
  };
}

function linkPath(dashboard, which, method, body, state, nowNs) {
  if (method === "GET") return state.links.filter((link) => link.dashboard === dashboard);
  if (method === "DELETE") {
    Object.assign(
      need(
        state.links.find((link) => link.id === which),
        "link",
      ),
      { state: "revoked" },
    );
    return null;
  }
  const id = `link-${state.links.length + 1}`;
  const token = `mdl1.${Math.floor(hash(id) * 1e15).toString(36)}`;
  const expires = body.days ? nowNs + body.days * 86400e9 : 0;
  const link = {
    ...{ id, dashboard, name: body.name, created_ns: nowNs, created_by: "admin", expires_ns: expires },
    ...{ used_ns: 0, state: "valid" },
  };
  state.links.push({ ...link, token });
  return { link, token };
}

/** What a public link opens, its token in a header. */
export function publicPath([, what], body, state, headers, nodes, now) {
  const link = state.links.find((each) => each.token === headers["x-muster-link"] && each.state === "valid");
  if (!link) throw new Refusal(404, "not_found", "this link is not good, or not any more");
  const { document } = need(state.boards.get(link.dashboard), "dashboard");
  if (what === "dashboard") {
    const panels = document.panels.map((each) => ({
      ...each,
      queries: each.queries.map((q) => ({ ...q, text: "" })),
    }));
    return { dashboard: { ...document, panels }, space: "Harbour Lab", name: link.name };
  }
  if (what === "variables") return influxPath([0, 0, 0, "variable"], { variable: hosts }, state, nodes, now);
  return panelAnswer(
    need(
      document.panels.find((each) => each.id === body.panel),
      "panel",
    ).queries,
    body,
    nodes,
    now,
  );
}
