import { expect, test } from "vitest";
import type { Frame, FrameMessage } from "../src/api/types";
import { EMPTY, joined, lowerBound, tableOf } from "../src/state/frames";

const series = (field: string) => ({
  measurement: "m",
  field,
  tags: [["cpu", "0"]] as [string, string][],
  kind: 0 as const,
});
const frame = (times: number[], columns: Record<string, (number | null)[]>): Frame => ({
  times: times.map((time) => time * 1e9),
  series: Object.keys(columns).map(series),
  values: Object.values(columns),
  step_ns: 1e9,
});
const message = (part: Frame, reset = false): FrameMessage => ({ watch: "w1", reset, frame: part });

test("a reset replaces everything", () => {
  const before = tableOf(frame([1, 2], { a: [1, 2] }));
  expect(joined(before, message(frame([8], { b: [5] }), true), 60)).toEqual(tableOf(frame([8], { b: [5] })));
});

test("what is restated replaces its old values, what is new follows", () => {
  const before = tableOf(frame([1, 2, 3], { a: [1, 2, 3] }));
  const after = joined(before, message(frame([3, 4], { a: [30, 40] })), 60);
  expect([after.times, after.values]).toEqual([[1, 2, 3, 4], [[1, 2, 30, 40]]]);
});

test("what left the window goes", () => {
  const before = tableOf(frame([1, 2, 3], { a: [1, 2, 3] }));
  expect(joined(before, message(frame([12], { a: [9] })), 10).times).toEqual([2, 3, 12]);
});

test("a series that appears or vanishes has empty cells where it was not", () => {
  const before = tableOf(frame([1, 2], { a: [1, 2] }));
  const after = joined(before, message(frame([3], { b: [7] })), 60);
  expect(after.values).toEqual([
    [1, 2, null],
    [null, null, 7],
  ]);
});

test("an empty message changes nothing, and the first message needs no reset", () => {
  const before = tableOf(frame([1], { a: [1] }));
  expect(joined(before, message(frame([], {})), 60)).toBe(before);
  expect(joined(EMPTY, message(frame([1], { a: [1] })), 60)).toEqual(before);
});

test("the bound of a time is the first row that is not before it", () => {
  expect([0, 2, 3, 9].map((time) => lowerBound([1, 2, 4], time))).toEqual([0, 1, 2, 3]);
});
