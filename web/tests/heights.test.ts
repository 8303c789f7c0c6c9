import { beforeEach, expect, test, vi } from "vitest";
import type { Panel } from "../src/api/types";
import { expectedHeight, Heights } from "../src/state/heights";

const panel = (text: string, rows = 0): Panel =>
  ({ queries: [{ text, hide: false }], options: { rows } }) as unknown as Panel;

const stored = new Map<string, string>();

beforeEach(() => {
  stored.clear();
  vi.stubGlobal("localStorage", {
    getItem: (key: string) => stored.get(key) ?? null,
    setItem: (key: string, value: string) => stored.set(key, value),
    removeItem: (key: string) => stored.delete(key),
  });
});

test("a height is known again when the page is opened anew", () => {
  new Heights().keep("internet outages", 301);
  expect(new Heights().of("internet outages")).toBe(301);
  expect(new Heights().of("internet others")).toBeUndefined();
});

test("what cannot be read is as if there were nothing", () => {
  stored.set("muster.heights", "{");
  expect(new Heights().of("a")).toBeUndefined();
  stored.set("muster.heights", '{"a":"tall","b":-3,"c":40}');
  const heights = new Heights();
  expect(["a", "b", "c"].map((name) => heights.of(name))).toEqual([undefined, undefined, 40]);
});

test("the oldest are forgotten, and all for the next person", () => {
  const heights = new Heights();
  for (let index = 0; index < 405; index += 1) heights.keep(`p${index}`, 100);
  expect(heights.of("p4")).toBeUndefined();
  expect(heights.of("p5")).toBe(100);
  heights.forget();
  expect(heights.of("p5")).toBeUndefined();
  expect(stored.size).toBe(0);
});

test("of a table never seen the choices tell how many rows to expect", () => {
  const choices = { host: ["a", "b"], device: ["sda", "sdb"], other: ["x", "y", "z"] };
  const rows = (text: string, most = 0) => (expectedHeight(panel(text, most), choices) - 78) / 32;
  expect(rows("SELECT x FROM y")).toBe(1);
  expect(rows("WHERE host =~ /^$host$/ AND device =~ /^$device$/")).toBe(4);
  expect(rows("WHERE host =~ /^$host$/ AND device =~ /^$device$/", 3)).toBe(3);
});
