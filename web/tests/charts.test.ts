import { describe, expect, test } from "vitest";
import { type ChartSpec, linesOf, questionOf } from "../src/charts/chart";
import { prepare } from "../src/charts/gaps";
import { markBefore, markNear, marksInWords, marksWithin } from "../src/charts/marks";
import { nearestRow } from "../src/charts/rows";
import { axisOf, stacked, tickText } from "../src/charts/scale";
import { summaryOf } from "../src/charts/summary";
import type { Table } from "../src/state/frames";

const seconds = (from: number, to: number) => Array.from({ length: to - from }, (_, index) => from + index);
const spec: ChartSpec = {
  id: "x",
  title: "X",
  unit: "percent",
  measurement: "m",
  fold: "mean",
  lines: { by: "path", field: "used" },
};
const table = (names: string[], rows: (number | null)[][]): Table => ({
  times: rows.map((_, row) => row),
  series: names.map((name) => ({ measurement: "m", field: "used", tags: [["path", name]], kind: 0 })),
  values: names.map((_, column) => rows.map((row) => row[column] ?? null)),
  stepS: 1,
});

describe("gaps", () => {
  test("a late second is none, half a minute is one", () => {
    const times = [...seconds(0, 10), 12, ...seconds(40, 50)];
    const { gaps } = prepare(times, [times.map(() => 1)], 1, 50);
    expect(gaps).toEqual([[12, 40]]);
  });

  test("a line breaks in a gap: one empty row stands where the time axis has a hole", () => {
    const { times, columns } = prepare([0, 1, 2, 60, 61], [[1, 1, 1, 1, 1]], 1, 61);
    expect(times).toEqual([0, 1, 2, 31, 60, 61]);
    expect(columns[0]?.[3]).toBeNull();
  });

  test("a value every ten seconds drawn at one second is no gap, and its line is drawn through", () => {
    const times = seconds(0, 60);
    const { gaps, columns } = prepare(times, [times.map((time) => (time % 10 ? null : time))], 1, 60);
    expect(gaps).toEqual([]);
    expect(columns[0]?.slice(0, 3)).toEqual([0, undefined, undefined]);
  });

  test("data that ends before the edge leaves an open gap, a young window none", () => {
    expect(prepare(seconds(0, 10), [seconds(0, 10)], 1, 60).gaps).toEqual([[9, 60]]);
    expect(prepare(seconds(0, 10), [seconds(0, 10)], 1, 11).gaps).toEqual([]);
    expect(prepare([], [], 1, 60).gaps).toEqual([]);
  });
});

describe("lines", () => {
  test("past eight, the top seven and the rest: shares as the highest of them", () => {
    const names = "abcdefghij".split("");
    const lines = linesOf(spec, table(names, [names.map((_, index) => index)]));
    expect(lines.map((line) => line.name)).toEqual([..."defghij", "3 more, highest"]);
    expect(lines.at(-1)?.values).toEqual([2]);
    expect(new Set(lines.map((line) => line.colour)).size).toBe(8);
  });

  test("two series of one name follow each other as one line", () => {
    expect(
      linesOf(
        spec,
        table(
          ["/", "/"],
          [
            [1, null],
            [null, 2],
          ],
        ),
      )[0]?.values,
    ).toEqual([1, 2]);
  });

  test("a line of several fields is computed where all of them are known", () => {
    const both: ChartSpec = {
      ...spec,
      lines: [
        { name: "held", fields: ["total", "free"], of: ([total = 0, free = 0]) => total - free, colour: 1 },
      ],
    };
    const fields: Table = {
      times: [0, 1],
      series: ["total", "free"].map((field) => ({ measurement: "m", field, tags: [], kind: 0 })),
      values: [
        [8, 8],
        [3, null],
      ],
      stepS: 1,
    };
    expect(linesOf(both, fields)[0]?.values).toEqual([5, null]);
    expect(
      linesOf(both, { ...fields, series: fields.series.slice(0, 1), values: fields.values.slice(0, 1) }),
    ).toEqual([]);
  });

  test("ask for one value a second at the width of the plot", () => {
    expect(questionOf(spec, "n1", 384)).toMatchObject({
      width: 384,
      step_ns: 1e9,
      select: { nodes: ["n1"], fields: ["used"] },
    });
  });
});

describe("axes", () => {
  test("have round ticks from zero and the unit that fits", () => {
    expect(axisOf("bytes", [[25 * 2 ** 30]])).toMatchObject({ label: "GiB", max: 32 * 2 ** 30 });
    expect(axisOf("percent", [[3]], 100).ticks).toEqual([0, 50, 100]);
    expect(axisOf("count", [[7]]).ticks).toEqual([0, 2, 4, 6, 8]);
    expect(axisOf("percent", [[100.0000003]]).ticks).toEqual([0, 50, 100]); // shares that were rounded
    expect(axisOf("percent", [[100.1]]).max).toBe(150);
  });

  test("are symmetric when something is drawn downwards", () => {
    const axis = axisOf("bytes_s", [[90e6], [-210e6]]);
    expect([axis.min, axis.max]).toEqual([-400e6, 400e6]);
    expect(axis.ticks.map((tick) => tickText(tick, axis))).toEqual(["400", "200", "0", "200", "400"]);
  });

  test("of counters at rest still have a scale", () => {
    expect(axisOf("per_s", [[0, 0]]).ticks).toEqual([0, 1]);
    expect(axisOf("bytes", []).max).toBeGreaterThan(0);
  });
});

test("a stack adds up row by row, and a row without any value stays empty", () => {
  expect(
    stacked([
      [1, null, 2],
      [3, null, null],
    ]),
  ).toEqual([
    [1, null, 2],
    [4, null, 2],
  ]);
});

test("the cursor finds the nearest value, unless that lies across a gap", () => {
  const times = [0, 1, 2, 3, 60];
  expect(nearestRow(times, [5, null, null, 6, 7], 1)).toBe(0);
  expect(nearestRow(seconds(0, 100), [1, ...Array<null>(99).fill(null)], 50)).toBe(-1);
});

const lineOf = (values: number[]) => ({
  name: "user",
  colour: 1 as const,
  dash: [],
  fill: false,
  below: false,
  values,
});

test("a summary names range, end and gaps", () => {
  const line = {
    name: "user",
    colour: 1 as const,
    dash: [],
    fill: false,
    below: false,
    values: [3, 46.4, null, 9],
  };
  expect(summaryOf("Utilisation", "%", 1, [line], [[100, 460]])).toBe(
    "Utilisation, %: user 3.0 to 46.4, last 9.0. One gap of 6 min from 00:01.",
  );
  expect(summaryOf("Load", "", 1, [], [])).toBe("Load: no values in this range.");
});

test("a mark is at the cursor within a few pixels, and in the words of a chart", () => {
  const marks = [60, 300, 3600, 7200].map((atS) => ({ atS, text: `restart ${atS}` }));

  expect(markNear(marks, 297, 5)).toEqual(marks[1]);
  expect(markNear(marks, 280, 5)).toBeNull();
  expect(markNear([], 280, 5)).toBeNull();
  expect(markBefore(marks, null)).toEqual(marks[3]);
  expect(markBefore(marks, 3600)).toEqual(marks[1]);
  expect(markBefore(marks, 10)).toEqual(marks[3]);
  expect(marksWithin(marks, 60, 300)).toHaveLength(2);
  expect(marksInWords(marks)).toBe(
    "Marked: restart 7200 at 02:00; restart 3600 at 01:00; restart 300 at 00:05; 1 more.",
  );
  expect(summaryOf("Load", "", 1, [lineOf([1])], [], marks.slice(0, 1))).toContain(
    "Marked: restart 60 at 00:01.",
  );
});
