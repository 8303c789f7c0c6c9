import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { ApiError, api, whenStarting } from "../src/api/client";

const starting = () =>
  new Response(JSON.stringify({ error: { code: "starting", text: "the hub reads its journal" } }), {
    status: 503,
  });

let told: string[] = [];
beforeEach(() => {
  vi.useFakeTimers();
  told = [];
  whenStarting((text) => told.push(text));
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

function answers(...given: (() => Response)[]): () => number {
  let calls = 0;
  vi.stubGlobal("fetch", async () => (given[Math.min(calls++, given.length - 1)] as () => Response)());
  return () => calls;
}

test("a starting hub is asked again every second until it answers, and the page is told", async () => {
  const calls = answers(starting, starting, () => new Response("[]"));
  const answer = api.series("n1");
  await vi.advanceTimersByTimeAsync(2_000);

  expect(await answer).toEqual([]);
  expect(calls()).toBe(3);
  expect(told).toEqual(["the hub reads its journal", "the hub reads its journal", ""]);
});

test("a hub that is away for another reason is an error at once", async () => {
  answers(
    () => new Response(JSON.stringify({ error: { code: "unavailable", text: "disk" } }), { status: 503 }),
  );

  await expect(api.series("n1")).rejects.toThrow("disk");
  expect(told).toEqual([]);
});

test("a hub that starts without end is an error in the end", async () => {
  const calls = answers(starting);
  const answer = api.series("n1").catch((error: unknown) => error);
  await vi.advanceTimersByTimeAsync(601_000);

  expect(await answer).toBeInstanceOf(ApiError);
  expect(calls()).toBe(600);
  expect(told.at(-1)).toBe("");
});
