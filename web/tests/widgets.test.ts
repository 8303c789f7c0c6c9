import { describe, expect, test } from "vitest";
import type { CredentialView, Frame } from "../src/api/types";
import { offered } from "../src/pages/offers";
import { endOf, fromCheckout } from "../src/state/joining";
import { rangeOf } from "../src/state/range";
import { failed, toasts } from "../src/state/toasts";
import { ranked } from "../src/widgets/fuzzy";
import { lifeOf } from "../src/widgets/life";
import { strokesOf } from "../src/widgets/roll-call";
import { unitsOf } from "../src/widgets/units-panel";
import { grown, placesOf, rowsBetween, topsOf, within } from "../src/widgets/windowed";
import { node } from "./node";

const HOUR = 3_600_000;

describe("messages", () => {
  test("of the same words are shown once", () => {
    failed("The rooms could not be read", new Error("no answer"));
    failed("The tokens could not be read", new Error("no answer"));
    failed("The rooms could not be read", new Error("no answer"));
    expect(toasts.value.map((each) => each.text)).toEqual([
      "The tokens could not be read: no answer",
      "The rooms could not be read: no answer",
    ]);
  });
});

describe("the roll call", () => {
  test("has one stroke per node", () => {
    expect(
      strokesOf([node({ name: "a" }), node({ name: "b", state: "stale" })]).map((stroke) => stroke.state),
    ).toEqual(["live", "stale"]);
  });

  test("past 120 nodes shows the worst state of each bucket", () => {
    const list = Array.from({ length: 1000 }, (_, index) =>
      node({ name: String(index), state: index === 500 ? "offline" : "live" }),
    );
    const strokes = strokesOf(list);
    expect(strokes.length).toBeLessThanOrEqual(120);
    expect(strokes.filter((stroke) => stroke.state === "offline")).toHaveLength(1);
  });
});

describe("the life of a credential", () => {
  const credential = {
    not_before_ns: 0,
    not_after_ns: 24 * HOUR * 1e6,
    renew_ns: 12 * HOUR * 1e6,
  } as CredentialView;

  test("says when it renews, and turns late only well past its tick", () => {
    expect(lifeOf(credential, 3 * HOUR)).toMatchObject({ text: "renews in 9 h", late: false, left: 0.875 });
    expect(lifeOf(credential, 12.5 * HOUR)).toMatchObject({ text: "renews now", late: false });
    expect(lifeOf(credential, 17 * HOUR)).toMatchObject({ text: "expires in 7 h", late: true });
  });

  test("ends, and then says since when", () => {
    expect(lifeOf(credential, 26 * HOUR)).toMatchObject({ text: "expired 2 h ago", expired: true, left: 0 });
    expect(lifeOf(null, 0)).toBeNull();
  });
});

describe("a long table", () => {
  const tops = topsOf(Array<number>(1000).fill(40));

  test("draws the rows between two heights", () => {
    expect(rowsBetween(tops, 4000, 5000)).toEqual({ start: 100, end: 126 });
    expect(rowsBetween(tops, -600, 300).start).toBe(0);
    expect(rowsBetween(tops, 39_900, 50_000).end).toBe(1000);
  });

  test("draws after a leap what is seen, then a few rows per frame up to what is wanted", () => {
    const [seen, wanted] = [
      { start: 500, end: 522 },
      { start: 485, end: 537 },
    ];
    let drawn = grown({ start: 0, end: 37 }, seen, wanted);
    expect(drawn).toEqual(seen);
    const frames: number[] = [];
    while (drawn.start !== wanted.start || drawn.end !== wanted.end) {
      const before = drawn.end - drawn.start;
      drawn = grown(drawn, seen, wanted);
      frames.push(drawn.end - drawn.start - before);
    }
    expect(Math.max(...frames)).toBeLessThanOrEqual(12);
    expect(frames.length).toBeLessThan(5);
    expect(within({ start: 0, end: 0 }, seen, wanted)).toEqual(seen);
  });

  test("keeps while scrolling what it has, lets go what is far, and shows whatever is seen", () => {
    const drawn = grown({ start: 0, end: 52 }, { start: 40, end: 62 }, { start: 25, end: 77 });
    expect(drawn.start).toBe(25);
    expect(drawn.end).toBeGreaterThanOrEqual(62);
    expect(drawn.end).toBeLessThanOrEqual(77);
  });

  test("gives the places of rows that leave to rows that come, and moves no other", () => {
    const before = placesOf(new Map(), ["a", "b", "c", "d"]);
    expect([...before.values()]).toEqual([0, 1, 2, 3]);
    const after = placesOf(before, ["c", "d", "e", "f"]);
    expect([...after]).toEqual([
      ["c", 2],
      ["d", 3],
      ["e", 0],
      ["f", 1],
    ]);
    expect([...placesOf(before, ["w", "x", "y", "z"]).values()]).toEqual([0, 1, 2, 3]);
  });
});

describe("fuzzy search", () => {
  const found = (text: string) =>
    ranked(text, ["store-a", "pilot-db", "pilot-web", "Edge"], (name) => name).map((hit) => hit.entry);

  test("finds letters in order, beginnings first", () => {
    expect(found("pil")).toEqual(["pilot-db", "pilot-web"]);
    expect(found("pdb")).toEqual(["pilot-db"]);
    expect(found("xyz")).toEqual([]);
  });

  test("marks what it found", () => {
    expect(ranked("db", ["pilot-db"], (name) => name)[0]?.parts).toEqual([
      { text: "pilot-", hit: false },
      { text: "db", hit: true },
    ]);
  });
});

describe("the range in an address", () => {
  const of = (query: string) => rangeOf(new URLSearchParams(query), "15m");

  test("is a live window, or a fixed piece of the past", () => {
    expect(of("range=1h")).toEqual({ live: true, seconds: 3600, name: "1h" });
    expect(of("range=2y")).toMatchObject({ seconds: 2 * 365 * 86_400 });
    expect(of("from=1000&to=2000")).toEqual({ live: false, fromMs: 1000, toMs: 2000 });
  });

  test("that makes no sense is the standard one", () => {
    for (const query of ["", "range=9y", "from=5&to=1", "from=x&to=y"])
      expect(of(query)).toMatchObject({ live: true, name: "15m" });
  });
});

describe("claim tokens", () => {
  const token = { expires_ns: 100e6, uses: 2, used: 1, revoked_ns: 0 };

  test("end by use, by time, or by hand", () => {
    expect(endOf(token, 50)).toBe("");
    expect(endOf(token, 100)).toBe("expired");
    expect(endOf({ ...token, used: 2 }, 50)).toBe("used up");
    expect(endOf({ ...token, revoked_ns: 1 }, 50)).toBe("ended");
  });

  test("make a line that runs from a checkout", () => {
    expect(fromCheckout("printf %s T | muster agent claim && muster agent run")).toBe(
      "printf %s T | .venv/bin/muster agent claim && .venv/bin/muster agent run",
    );
  });
});

test("a unit's state is the one that was seen last", () => {
  const unit = (active: string) => ({
    measurement: "systemd_units",
    field: "active_code",
    tags: [
      ["active", active],
      ["name", "a.service"],
      ["sub", "x"],
    ] as [string, string][],
    kind: 1 as const,
  });
  const frame: Frame = {
    times: [0, 1],
    series: [unit("active"), unit("failed")],
    values: [
      [0, null],
      [null, 3],
    ],
    step_ns: 1,
  };
  expect(unitsOf(frame).map(({ name, active }) => [name, active])).toEqual([["a.service", "failed"]]);
});

describe("what a node can show", () => {
  const offer = (measurement: string, fields: string[], tags: Record<string, string[]> = {}) => ({
    measurement,
    fields: fields.map((name) => ({ name, kind: 0 })),
    tags,
  });

  test("is nothing when nothing was received", () => {
    expect(offered([])).toEqual([]);
  });

  test("leaves out charts without their fields, and lines of a chart that has only some", () => {
    const sections = offered([offer("system", ["load1", "load5"])]);
    expect(sections.map(({ section }) => section.id)).toEqual(["cpu"]);
    expect(sections[0]?.charts.map((chart) => chart.id)).toEqual(["load"]);
    expect(sections[0]?.charts[0]?.lines).toHaveLength(2);
  });

  test("has one chart per device, without partitions and loops", () => {
    const fields = ["read_bytes", "write_bytes"];
    const sections = offered([
      offer("diskio", fields, { name: ["sda", "sda1", "loop0", "nvme0n1", "nvme0n1p2"] }),
    ]);
    expect(sections[0]?.charts.map((chart) => chart.title)).toEqual([
      "Throughput, nvme0n1",
      "Throughput, sda",
    ]);
  });

  test("shows a loopback when there is nothing else", () => {
    const sections = offered([offer("net", ["bytes_recv", "bytes_sent"], { interface: ["lo", "all"] })]);
    expect(sections[0]?.charts.map((chart) => chart.title)).toEqual(["Traffic, lo"]);
  });
});
