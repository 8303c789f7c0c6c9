import { afterEach, describe, expect, test } from "vitest";
import { causeOf, heat, sentence } from "../src/format/states";
import {
  axisTime,
  countdown,
  duration,
  fromInput,
  moment,
  roughly,
  setZone,
  since,
  toInput,
} from "../src/format/times";
import { digits, grouped, percent, plural, scaleFor, withUnit } from "../src/format/units";
import { node } from "./node";

describe("numbers", () => {
  test("have at most three significant digits, and their integer part is never cut", () => {
    expect([0, 0.02, 8.42, 84.2, 112.4, 999.6].map((value) => digits(value))).toEqual([
      "0",
      "0.02",
      "8.42",
      "84.2",
      "112",
      "1000",
    ]);
    expect(digits(38_912)).toBe("38\u202f912");
  });

  test("keep one place below ten, so that columns line up", () => {
    expect(digits(8)).toBe("8.0");
    expect(digits(8, 1)).toBe("8");
  });

  test("carry SI units for rates and IEC units for memory, with a space", () => {
    expect(withUnit("bytes_s", 8.4e6, 2)).toBe("8.4\u00a0MB/s");
    expect(withUnit("bytes", 32 * 2 ** 30)).toBe("32\u00a0GiB");
    expect(percent(96.4)).toBe("96\u00a0%");
  });

  test("that are unknown are a dash, never a zero", () => {
    expect(withUnit("bytes", null)).toBe("–");
    expect(percent(null)).toBe("–");
    expect(digits(Number.NaN)).toBe("–");
  });

  test("are counted in words", () => {
    expect([plural(1, "node"), plural(0, "node"), plural(1200, "node")]).toEqual([
      "1 node",
      "0 nodes",
      "1\u202f200 nodes",
    ]);
    expect(grouped(1_234_567)).toBe("1\u202f234\u202f567");
  });

  test("of counts stay whole up to ten thousand", () => {
    expect(scaleFor("per_s", 9_000)).toEqual({ divisor: 1, label: "/s" });
    expect(scaleFor("per_s", 12_000)).toEqual({ divisor: 1000, label: "k/s" });
  });
});

describe("times", () => {
  const noon = Date.UTC(2026, 10, 20, 12, 0, 0);

  test("are durations of two parts at most", () => {
    expect([0, 46, 240, 11_520, 7200, 3_564_000].map(duration)).toEqual([
      "0 s",
      "46 s",
      "4 min",
      "3 h 12 min",
      "2 h",
      "41 d 6 h",
    ]);
    expect([46, 11_520, 3_564_000, 630_000_000].map(roughly)).toEqual(["46 s", "3 h", "41 d", "20 years"]);
    expect(countdown(521)).toBe("8 min 41 s");
  });

  test("are a clock today, then a date, then a date with its year", () => {
    expect(since(noon - 3_600_000, noon)).toBe("11:00");
    expect(since(noon - 12 * 86_400_000, noon)).toBe("8 Nov, 12:00");
    expect(moment(noon - 400 * 86_400_000, noon)).toBe("16 Oct 2025 12:00");
  });

  test("on an axis are as coarse as the distance of its ticks", () => {
    expect(axisTime(noon, 15)).toBe("12:00:00");
    expect(axisTime(noon, 300)).toBe("12:00");
    expect(axisTime(Date.UTC(2026, 10, 20), 300)).toBe("20 Nov");
  });

  test("go into a form and come back the same", () => {
    expect(fromInput(toInput(noon))).toBe(noon);
  });
});

describe("states", () => {
  const now = Date.UTC(2026, 10, 20, 21, 14);

  test("owe a sentence: what, since when, why", () => {
    const offline = node({
      name: "a",
      state: "offline",
      last_seen_ns: (now - 3 * 3_600_000) * 1e6,
      link: { ...node({ name: "a" }).link, ended: "TCP refused" },
    });
    expect(causeOf(offline, now)).toEqual({ head: "No contact since 18:14.", rest: "TCP refused." });
    const pending = node({ name: "a", state: "pending", created_ns: now * 1e6 });
    expect(causeOf(pending, now).head).toBe("Claimed 21:14, never connected.");
    expect(causeOf(node({ name: "a" }), now)).toEqual({ head: "", rest: "" });
    const crowded = node({
      name: "a",
      link: { ...node({ name: "a" }).link, warning: "a node may have 9 series" },
    });
    expect(causeOf(crowded, now)).toEqual({
      head: "Not all of its values are kept.",
      rest: "A node may have 9 series.",
    });
    const late = "Connected, but no values for 22 s; due every second. On the machine: muster agent status";
    expect(causeOf(node({ name: "a", state: "stale", cause: late }), now)).toEqual({
      head: "Connected, but no values for 22 s.",
      rest: "Due every second. On the machine: muster agent status.",
    });
    expect(causeOf(node({ name: "a", state: "stale", last_seen_ns: (now - 9000) * 1e6 }), now).head).toBe(
      "Heard 9 s ago, due every second.",
    );
  });

  test("make sentences of the hub's texts", () => {
    expect(sentence("another node is called x")).toBe("Another node is called x.");
    expect(sentence("  ")).toBe("");
  });

  test("colour a value only past a limit", () => {
    expect([84, 85, 95].map((value) => heat("disk", value))).toEqual(["", "warn", "crit"]);
    expect(heat("disk", null)).toBe("");
  });
});

describe("times of a dashboard's own zone", () => {
  const WINTER = Date.UTC(2026, 0, 15, 23, 30);
  afterEach(() => setZone(""));

  test("are those that its clocks show", () => {
    expect(moment(WINTER, WINTER)).toBe("23:30");
    setZone("Europe/Berlin");
    expect(moment(WINTER, WINTER)).toBe("00:30");
    expect(moment(WINTER, WINTER - 3_600_000)).toBe("16 Jan 00:30");
    expect(axisTime(Date.UTC(2026, 0, 15, 23), 3600)).toBe("16 Jan");
  });

  test("go into a field and back, over the change of clocks too", () => {
    setZone("Europe/Berlin");
    expect(toInput(WINTER)).toBe("2026-01-16T00:30:00");
    for (const hour of [0, 1, 2, 3, 24 * 180]) {
      const ms = Date.UTC(2026, 2, 28, 22 + hour);
      expect(fromInput(toInput(ms))).toBe(ms);
    }
    expect(fromInput("2026-01-16T00:30")).toBe(WINTER);
    expect(fromInput("nonsense")).toBeNaN();
  });

  test("that no browser knows are the viewer's", () => {
    setZone("Mars/Olympus");
    expect(moment(WINTER, WINTER)).toBe("23:30");
  });
});
