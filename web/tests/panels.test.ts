import { describe, expect, test } from "vitest";
import type { AnswerSeries, FieldOverride, Panel, QueryAnswer, Variable } from "../src/api/types";
import { calculated } from "../src/charts/calculations";
import { fieldsOf, shown, tilesOf } from "../src/charts/fields";
import { levelOf, named, reached } from "../src/charts/levels";
import { panelAxis } from "../src/charts/panel-axis";
import { aligned, drawnOf } from "../src/charts/panel-lines";
import { tableOf } from "../src/charts/panel-rows";
import { numberText, quantity, quantityText } from "../src/format/quantities";
import { ALL, chosenOf, read, toggled, wantedOf, written } from "../src/state/board-choices";
import { emptyDashboard, NO_QUERY } from "../src/state/board-defaults";
import { freeId, slug, withCopy, withGrid, withNewPanel, withoutPanel } from "../src/state/board-edits";
import { laidOut, namesIn, withValues } from "../src/state/board-layout";
import { rangeOf, secondsOf } from "../src/state/range";
import { csvOfFields } from "../src/widgets/panel-files";
import { ticksOf } from "../src/widgets/time-ticks";

const [BOARD] = withNewPanel(emptyDashboard("b", "B"), "timeseries");
const PANEL = BOARD.panels[0] as Panel;
const panel = (change: Partial<Panel>): Panel => ({ ...PANEL, unit: "", ...change });
const override = (change: Partial<FieldOverride>): FieldOverride => ({
  ...{ field: "", pattern: "", label: "", unit: "", decimals: null, min: null, max: null, color: "" },
  ...{ axis: "left", line_px: null, draw: null, width_px: null, paint: null, thresholds: [] },
  ...{ threshold_mode: "absolute", mappings: [], hide: false },
  ...change,
});

const series = (
  tags: Record<string, string>,
  columns: Record<string, (number | null)[]>,
  times: number[] | null = [1000, 2000],
): AnswerSeries => ({
  name: "m",
  tags,
  times,
  columns: Object.entries(columns).map(([name, values]) => ({
    ...{ name, kind: "float", values },
    label: [name, ...Object.values(tags)].join(" "),
  })),
});
const answer = (list: AnswerSeries[], query = 0): QueryAnswer => ({
  ...{ query, text: "", interval_ms: 1000, messages: [], error: "" },
  series: list,
});

describe("values with their units", () => {
  test("choose a scale that reads", () => {
    expect(quantityText("bytes", 16 * 2 ** 30)).toBe("16\u00a0GiB");
    expect(quantityText("bytes/s", 8_400_000)).toBe("8.4\u00a0MB/s");
    expect(quantityText("s", 86 * 86_400, 0)).toBe("86\u00a0d");
    expect(quantityText("ns", 180e9)).toBe("3.0\u00a0min");
    expect(quantityText("ratio", 0.42)).toBe("42\u00a0%");
    expect(quantityText("apples", 3, 0)).toBe("3\u00a0apples");
    expect(quantityText("", null)).toBe("–");
    expect(quantityText("", Number.NaN)).toBe("–");
  });

  test("of counts are counts", () => {
    expect(quantity("", 5, null, true)).toEqual({ text: "5", unit: "" });
    expect(quantity("", 5).text).toBe("5.0");
    expect(quantity("bytes", 2048, null, true)).toEqual({ text: "2.0", unit: "KiB" });
  });

  test("keep the wanted decimals", () => {
    expect(numberText(-0.04, 1)).toBe("0.0");
    expect(numberText(12345.678, 2)).toBe("12\u202f345.68");
  });
});

describe("limits", () => {
  const limits = {
    thresholds: [
      { color: "green", value: null },
      { color: "yellow", value: 75 },
      { color: "red", value: 95 },
    ],
    mode: "absolute" as const,
    min: null,
    max: null,
  };

  test("the last one that was reached holds; green is quiet", () => {
    expect(levelOf(reached(10, limits)?.color ?? "")).toBe("");
    expect(levelOf(reached(75, limits)?.color ?? "")).toBe("warn");
    expect(levelOf(reached(99, limits)?.color ?? "")).toBe("crit");
  });

  test("in percent they compare with the share of the most", () => {
    expect(reached(8, { ...limits, mode: "percent", max: 10 })?.color).toBe("yellow");
  });

  test("a hexadecimal colour goes by its hue", () => {
    expect(["#E02F44", "#56A64B", "#3274D9", "#8F3BB8", "#808080"].map(named)).toEqual([
      "red",
      "green",
      "blue",
      "purple",
      "grey",
    ]);
  });
});

describe("fields", () => {
  test("take what overrides say, by label, column or pattern", () => {
    const own = panel({
      unit: "bytes",
      overrides: [override({ field: "total", hide: true }), override({ pattern: "^us", unit: "percent" })],
    });
    const fields = fieldsOf(own, [answer([series({}, { used: [1, 2], total: [8, 9] })])]);
    expect(fields.map((field) => [field.label, field.unit, field.hidden])).toEqual([
      ["used", "percent", false],
      ["total", "bytes", true],
    ]);
  });

  test("shares without a most are of the largest value there is, hidden ones too", () => {
    const own = panel({
      kind: "stat",
      threshold_mode: "percent",
      thresholds: [{ color: "red", value: 80 }],
      overrides: [override({ field: "total", hide: true })],
    });
    const [tile] = tilesOf(own, fieldsOf(own, [answer([series({}, { used: [7, 9], total: [10, 10] })])]), 9);
    expect(tile?.at).toMatchObject({ value: 9, level: "crit" });
  });

  test("a mapping puts words in place of a value, and of none", () => {
    const mapping = { text: "", color: "", value: null, low: null, high: null, pattern: "", empty: false };
    const own = panel({
      mappings: [
        { ...mapping, text: "GRID", low: 0, high: 1 },
        { ...mapping, text: "NO UPS", empty: true, color: "grey" },
      ],
    });
    const [field] = fieldsOf(own, [answer([series({}, { v: [1] }, [1000])])]);
    if (!field) throw new Error("no field");
    expect(shown(1, field).text).toBe("GRID");
    expect(shown(null, field).text).toBe("NO UPS");
    expect(shown(5, field).text).toBe("5.0");
  });

  test("many values become one", () => {
    expect(calculated("last", [1, null])).toBeNull();
    expect(calculated("last_value", [1, null])).toBe(1);
    expect(calculated("mean", [1, null, 3])).toBe(2);
    expect(calculated("distinct", ["a", "b", "a", null])).toBe(2);
    expect(calculated("range", [4, 1, 9])).toBe(8);
    expect(calculated("max", [])).toBeNull();
  });
});

describe("lines", () => {
  test("of different times share one axis", () => {
    const list = [series({ a: "1" }, { v: [1, 2] }), series({ a: "2" }, { v: [5, 6] }, [2000, 3000])];
    expect(aligned(fieldsOf(panel({}), [answer(list)]))).toEqual({
      times: [1, 2, 3],
      columns: [
        [1, 2, null],
        [null, 5, 6],
      ],
    });
  });

  test("past eight the seven largest stay and the rest is one", () => {
    const list = Array.from({ length: 10 }, (_, at) => series({ n: String(at) }, { v: [at, at] }));
    const { lines } = drawnOf(panel({}), fieldsOf(panel({}), [answer(list)]));
    expect(lines).toHaveLength(8);
    expect(lines[0]?.name).toBe("v 3");
    expect(lines[7]).toMatchObject({ name: "3 more, highest", values: [2, 2] });
    expect(new Set(lines.map((line) => line.colour)).size).toBe(8);
  });

  test("wished colours are kept as far as they differ", () => {
    const own = panel({
      overrides: [override({ field: "b", color: "red" }), override({ field: "c", color: "red" })],
    });
    const fields = fieldsOf(own, [answer([series({}, { a: [1], b: [1], c: [1] }, [1000])])]);
    expect(drawnOf(own, fields).lines.map((line) => line.colour)).toEqual([1, 4, 2]);
  });

  test("an axis begins at zero, unless values or the dashboard go below", () => {
    expect(panelAxis("percent", [[12, 97]], { min: null, max: 100 }).ticks).toEqual([0, 50, 100]);
    expect(panelAxis("celsius", [[-4, 9]], { min: null, max: null })).toMatchObject({ min: -5, max: 10 });
    expect(panelAxis("bytes", [[3 * 2 ** 30]], { min: null, max: null }).ticks).toEqual([
      0,
      2 ** 30,
      2 * 2 ** 30,
      3 * 2 ** 30,
    ]);
    expect(panelAxis("", [[]], { min: null, max: null }).max).toBeGreaterThan(0);
  });
});

describe("tables", () => {
  const disks = answer([
    series({ path: "/" }, { used: [4], total: [9] }, [1000]),
    series({ path: "/home" }, { used: [2], total: [5] }, [1000]),
  ]);
  const own = panel({ kind: "table", queries: [], options: { ...PANEL.options, hide_time: true } });

  test("have a row for each series and a column for each tag and value", () => {
    const table = tableOf(own, fieldsOf(own, [disks]), null, 99);
    expect(table.columns.map((column) => column.name)).toEqual(["path", "used", "total"]);
    expect(table.rows.map((row) => row.cells)).toEqual([
      ["/", 4, 9],
      ["/home", 2, 5],
    ]);
  });

  test("stand for days where each row begins one, and a single midnight among other times for none", () => {
    const daily = (...dates: Date[]) => {
      const times = dates.map((date) => date.getTime());
      const values = { used: dates.map((_, at) => at) };
      const days = panel({ kind: "table" });
      return tableOf(days, fieldsOf(days, [answer([series({}, values, times)])]), null, 99).daily;
    };
    expect(daily(new Date(2026, 10, 20), new Date(2026, 10, 21))).toBe(true);
    expect(daily(new Date(2026, 10, 20, 23, 59, 55), new Date(2026, 10, 21))).toBe(false);
    expect(tableOf(own, fieldsOf(own, [disks]), null, 99).daily).toBe(false);
  });

  test("sort by a column, what is missing last in both directions", () => {
    const holes = answer([...disks.series, series({ path: "/x" }, { used: [null] }, [1000])]);
    const order = (descending: boolean) =>
      tableOf(own, fieldsOf(own, [holes]), { column: "used", descending }, 99).rows.map(
        (row) => row.cells[1],
      );
    expect(order(false)).toEqual([2, 4, null]);
    expect(order(true)).toEqual([4, 2, null]);
  });

  test("put two queries of one tag side by side, by their legends or by number", () => {
    const two = ["lost", "sent"].map((label, query) => {
      const one = series({ a: "x" }, { count: [1 + query * 6] }, [0]);
      return answer([{ ...one, columns: one.columns.map((column) => ({ ...column, label })) }], query);
    });
    const told = { ...own, queries: two.map((_, at) => ({ ...NO_QUERY, legend: at ? "sent" : "lost" })) };
    const numbered = tableOf(own, fieldsOf(own, two), null, 99);
    const named = tableOf(told, fieldsOf(told, two), null, 99);
    expect(numbered.columns.map((column) => column.name)).toEqual(["a", "count 1", "count 2"]);
    expect(named.columns.map((column) => column.name)).toEqual(["a", "lost", "sent"]);
    expect(named.rows[0]?.cells).toEqual(["x", 1, 7]);
  });

  test("put queries of different tags below each other, in one column", () => {
    const two = [
      answer([series({ url: "x" }, { loss: [1] }, [0])]),
      answer([series({ server: "y" }, { loss: [2] }, [0])], 1),
    ];
    const table = tableOf(own, fieldsOf(own, two), null, 99);
    expect(table.columns.map((column) => column.name)).toEqual(["url", "server", "loss"]);
    expect(table.rows.map((row) => row.cells)).toEqual([
      ["x", null, 1],
      [null, "y", 2],
    ]);
  });

  test("as a file have all digits and times in UTC", () => {
    const fields = fieldsOf(panel({ unit: "bytes" }), [
      answer([series({ a: "x,y" }, { v: [1.123456789] }, [0])]),
    ]);
    expect(csvOfFields(PANEL, fields)).toBe('time,a,v\r\n1970-01-01T00:00:00.000Z,"x,y",1.123456789\r\n');
  });
});

describe("variables in the address", () => {
  const variable = (change: Partial<Variable>): Variable => ({
    ...{
      name: "host",
      label: "",
      kind: "query",
      query: "",
      language: "influxql",
      database: "",
      policy: "",
      values: [],
      regex: "",
    },
    ...{ sort: "none", multi: true, all: true, default: [], hide: false },
    ...change,
  });
  const there = ["a", "b", "c"];

  test("values with commas and percent signs come back", () => {
    const values = ["a,b", "50%", "%2C"];
    expect(read(written(values))).toEqual(values);
  });

  test("all is the default where it is offered, else the first", () => {
    const none = new URLSearchParams();
    expect(chosenOf(variable({}), wantedOf(variable({}), none), there)).toEqual(there);
    const one = variable({ all: false, multi: false });
    expect(chosenOf(one, wantedOf(one, none), there)).toEqual(["a"]);
    expect(chosenOf(one, ["a", "b"], there)).toEqual(["a"]);
  });

  test("what nobody offers now is kept, because its data may be older", () => {
    expect(chosenOf(variable({}), ["gone"], there)).toEqual(["gone"]);
  });

  test("taking the last one away means all", () => {
    expect(toggled(variable({}), [ALL], "a")).toEqual(["a"]);
    expect(toggled(variable({}), ["a"], "b")).toEqual(["a", "b"]);
    expect(toggled(variable({}), ["a"], "a")).toEqual([ALL]);
    expect(toggled(variable({ all: false }), ["a"], "a")).toEqual(["a"]);
  });

  test("stand in titles, and are found in queries", () => {
    expect(withValues(`Linux $host on \${site} [[host]] $other`, { host: ["a", "b"], site: ["x"] })).toBe(
      "Linux a, b on x a, b $other",
    );
    expect(namesIn(`WHERE h =~ /^$host$/ AND $timeFilter AND s = '\${site:regex}'`)).toEqual([
      "host",
      "timeFilter",
      "site",
    ]);
  });
});

describe("a dashboard on the screen", () => {
  const place = (id: string, change: Partial<Panel>) => panel({ id, ...change });
  const board = {
    ...emptyDashboard("b", "B"),
    sections: [{ id: "s", title: "On $host", repeat: "host", collapsed: false }],
    panels: [
      place("top", { grid: { x: 0, y: 0, w: 12, h: 4 } }),
      place("each", { section: "s", repeat: "disk", grid: { x: 0, y: 0, w: 12, h: 4 } }),
      place("after", { section: "s", grid: { x: 0, y: 4, w: 24, h: 2 } }),
    ],
  };
  const values: Record<string, string[]> = { host: ["web", "db"], disk: ["a", "b", "c"] };
  const placed = laidOut(board, (name) => values[name] ?? []);

  test("repeats sections and panels, and what is below makes room", () => {
    expect(placed.map((section) => section.title)).toEqual(["", "On web", "On db"]);
    const [, web] = placed;
    expect(web?.panels.map(({ key, x, y }) => [key, x, y])).toEqual([
      ["s=web/each=a", 0, 0],
      ["s=web/each=b", 12, 0],
      ["s=web/each=c", 0, 4],
      ["s=web/after", 0, 8],
    ]);
    expect(web?.panels[1]?.scope).toEqual({ host: ["web"], disk: ["b"] });
  });

  test("downwards copies lie one below the other", () => {
    const down = {
      ...board,
      panels: board.panels.map((each) => ({ ...each, repeat_direction: "down" as const })),
    };
    const ys = laidOut(down, (name) => values[name] ?? [])[1]?.panels.map(({ y }) => y);
    expect(ys).toEqual([0, 4, 8, 12]);
  });

  test("without values a repeated section is not there", () => {
    expect(laidOut(board, () => null)).toHaveLength(1);
  });
});

describe("editing", () => {
  test("a new panel has a name of its own and lies on nothing", () => {
    const [two] = withNewPanel(BOARD, "timeseries");
    expect(two.panels.map((each) => [each.id, each.grid.x, each.grid.y])).toEqual([
      ["timeseries", 0, 0],
      ["timeseries-2", 12, 0],
    ]);
    expect(withCopy(two, "timeseries")[1]).toBe("timeseries-3");
  });

  test("a larger panel pushes others, a removed one lets them up", () => {
    const [two] = withNewPanel(BOARD, "timeseries");
    const wide = withGrid(two, "timeseries", { w: 24 });
    expect(wide.panels[1]?.grid).toMatchObject({ x: 12, y: 8 });
    expect(withoutPanel(wide, "timeseries").panels[0]?.grid.y).toBe(0);
  });

  test("ids are made of titles and never taken twice", () => {
    expect(slug("  Über Größe & Co! ")).toBe("uber-gro-e-co");
    expect(slug("日本")).toBe("dashboard");
    expect(freeId("a", ["a", "a-2"])).toBe("a-3");
  });
});

describe("ranges of dashboards", () => {
  test("may be any span", () => {
    expect(rangeOf(new URLSearchParams("range=90m"), "3h")).toEqual({
      live: true,
      seconds: 5400,
      name: "90m",
    });
    expect(rangeOf(new URLSearchParams("range=nonsense"), "6h")).toMatchObject({ name: "6h" });
    expect(["1s", "0m", "900000d", "x", ""].map(secondsOf)).toEqual([null, null, null, null, null]);
  });

  test("ticks are round and few", () => {
    expect(ticksOf(0, 7200).map((tick) => tick.text)).toEqual(["1 Jan", "00:30", "01:00", "01:30"]);
    expect(ticksOf(5, 5)).toEqual([]);
  });
});
