import { effect } from "@preact/signals";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { api } from "../src/api/client";
import { POINTS, setSparkRange, showSparks, sparkOf } from "../src/state/sparks";

const ids = (from: number, to: number) => Array.from({ length: to - from }, (_, index) => `n${from + index}`);

/** Answers of the hub: one value of each node that is named. */
function answers() {
  return vi
    .spyOn(api, "sparks")
    .mockImplementation(async (nodes) =>
      Object.fromEntries(nodes.map((node) => [node, { cpu: [1, 2], net: [null, 5] }])),
    );
}

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal("window", globalThis);
  showSparks([]);
  setSparkRange(900);
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

test("histories are asked for of the rows that are drawn, each once", async () => {
  const asked = answers();
  showSparks(ids(0, 3));
  showSparks(ids(1, 4));
  await vi.runAllTimersAsync();
  showSparks(ids(2, 5));
  await vi.runAllTimersAsync();

  expect(asked.mock.calls).toEqual([
    [["n0", "n1", "n2", "n3"], 900, POINTS],
    [["n4"], 900, POINTS],
  ]);
  expect(sparkOf("n4")?.cpu.slice(-3)).toEqual([null, 1, 2]);
});

test("many rows are asked for a hundred at a time", async () => {
  const asked = answers();
  showSparks(ids(0, 250));
  await vi.runAllTimersAsync();

  expect(asked.mock.calls.map(([nodes]) => nodes.length)).toEqual([100, 100, 50]);
});

test("another range asks again for the rows that are drawn, and an answer of before counts no more", async () => {
  const late: ((answer: Record<string, { cpu: number[]; net: number[] }>) => void)[] = [];
  vi.spyOn(api, "sparks").mockImplementation(() => new Promise((resolve) => late.push(resolve)));
  showSparks(["n1"]);
  await vi.runAllTimersAsync();
  setSparkRange(86_400);
  await vi.runAllTimersAsync();
  late[1]?.({ n1: { cpu: [7], net: [7] } });
  late[0]?.({ n1: { cpu: [3], net: [3] } });
  await vi.runAllTimersAsync();

  expect(vi.mocked(api.sparks).mock.calls.map(([, window]) => window)).toEqual([900, 3_600]);
  expect(sparkOf("n1")?.cpu.at(-1)).toBe(7);
});

test("what failed is asked for again with the next rows", async () => {
  const asked = vi.spyOn(api, "sparks").mockRejectedValue(new Error("away"));
  showSparks(["n1"]);
  await vi.runAllTimersAsync();
  showSparks(["n1", "n2"]);
  await vi.runAllTimersAsync();

  expect(asked.mock.calls.map(([nodes]) => nodes)).toEqual([["n1"], ["n1", "n2"]]);
});

test("rows that went before they were asked for ask for nothing", async () => {
  const asked = answers();
  showSparks(["n1"]);
  showSparks([]);
  setSparkRange(3_600);
  await vi.runAllTimersAsync();

  expect(asked).not.toHaveBeenCalled();
});

test("an effect that sets the range is not run again by the answer", async () => {
  const asked = answers();
  showSparks(["n1"]);
  const stop = effect(() => setSparkRange(3_600));
  await vi.advanceTimersByTimeAsync(1_000);
  stop();

  expect(asked).toHaveBeenCalledTimes(1);
});
