// Netdata's contexts as charts, and how often its agent is asked.

import { signal } from "@preact/signals";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { netdata } from "../src/api/netdata";
import type { ContextView } from "../src/api/types";
import { linesOf } from "../src/charts/chart";
import { measureOf, netdataFrame, netdataSections, netdataSpec } from "../src/charts/netdata";
import { tlsText } from "../src/format/dialects";
import { tableOf } from "../src/state/frames";
import { listingOf, matches } from "../src/state/listing";
import { type NetdataAsk, netdataFeed } from "../src/state/netdata-feed";
import { node } from "./node";

const context = (id: string, change: Partial<ContextView> = {}): ContextView => ({
  id,
  title: id,
  units: "percentage",
  family: "",
  chart_type: "line",
  priority: 100,
  first_s: 0,
  last_s: 0,
  live: true,
  ...change,
});

describe("contexts", () => {
  test("have their units in ours, with a factor", () => {
    expect(measureOf("KiB/s")).toEqual({ unit: "bytes_s", factor: 1024, note: "" });
    expect(measureOf("kilobits/s")).toEqual({ unit: "bytes_s", factor: 125, note: "" });
    expect(measureOf("context switches/s")).toEqual({ unit: "per_s", factor: 1, note: "context switches" });
    expect(measureOf("active connections").note).toBe("active connections");
  });

  test("become lines by dimension, in our units", () => {
    const spec = netdataSpec(context("system.io", { units: "KiB/s" }));
    const data = {
      labels: ["in", "out"],
      times: [10, 11],
      values: [
        [1, null],
        [-2, 3],
      ],
      update_every_s: 1,
    };
    const lines = linesOf(spec, tableOf(netdataFrame("system.io", data)));

    expect(lines.map((line) => [line.name, line.values])).toEqual([
      ["in", [1024, null]],
      ["out", [-2048, 3072]],
    ]);
  });

  test("lie in sections in the agent's own order", () => {
    const list = [
      context("disk.io", { priority: 300 }),
      context("system.load", { priority: 20 }),
      context("disk_inodes.used", { priority: 410 }),
      context("disk_space.used", { priority: 400 }),
      context("system.cpu", { priority: 10 }),
    ];
    const found = netdataSections(list, 0, "");

    expect(found.map((each) => [each.title, each.charts.map((chart) => chart.id)])).toEqual([
      ["System", ["system.cpu", "system.load"]],
      ["Disks", ["disk.io"]],
      ["Mount points", ["disk_space.used", "disk_inodes.used"]],
    ]);
  });

  test("that ended before the range begins are left out, and those that words do not find", () => {
    const list = [context("docker.state", { live: false, last_s: 500 }), context("system.cpu")];

    expect(netdataSections(list, 400, "")).toHaveLength(2);
    expect(netdataSections(list, 600, "").map((each) => each.title)).toEqual(["System"]);
    expect(netdataSections(list, 400, "DOCKER state").map((each) => each.title)).toEqual(["Docker"]);
  });
});

describe("a link's TLS", () => {
  test("is mutual only where our own agent proves itself by it", () => {
    const link = { ...node({ name: "a" }).link, tls: "TLSv1.3" };

    expect(tlsText(link)).toBe("mTLS 1.3");
    expect(tlsText({ ...link, dialect: "netdata" })).toBe("TLS 1.3");
    expect(tlsText({ ...link, dialect: "netdata", tls: "TLS" })).toBe("TLS"); // of a version nobody tells
    expect(tlsText({ ...link, tls: "" })).toBe("");
  });
});

describe("a chart of a Netdata node", () => {
  beforeEach(() => {
    vi.useFakeTimers({ now: 1_000_000_000_000 });
    vi.stubGlobal("document", { hidden: false, addEventListener: () => {} });
    vi.stubGlobal("window", globalThis);
  });
  afterEach(() => {
    vi.unstubAllGlobals();
    vi.restoreAllMocks();
    vi.useRealTimers();
  });

  const asked = (): NetdataAsk => ({
    node: "n",
    context: "system.cpu",
    instances: false,
    width: 1024,
    frame: (data) => netdataFrame("system.cpu", data),
  });

  /** The agent's answer to any range: one value each second. */
  const answering = () =>
    vi.spyOn(netdata, "data").mockImplementation(async (_, { after, before }) => {
      const times = Array.from({ length: before - after }, (__, at) => after + at);
      return { labels: ["user"], times, values: [times.map(() => 1)], update_every_s: 1 };
    });

  test("asks for the whole window once, then each second for what is new", async () => {
    const data = answering();
    const { out, stop } = netdataFeed(signal(asked()), signal(true));
    await vi.advanceTimersByTimeAsync(0);
    const first = out.value.table.times;
    await vi.advanceTimersByTimeAsync(2_000);
    stop();

    expect(data.mock.calls.map(([, range]) => range.before - range.after)).toEqual([900, 7, 7]);
    expect(out.value.table.times.at(-1)).toBe((first.at(-1) ?? 0) + 2);
    expect(new Set(out.value.table.times).size).toBe(out.value.table.times.length);
  });

  test("asks nothing while nobody looks", async () => {
    const data = answering();
    const wanted = signal(true);
    const { out, stop } = netdataFeed(signal(asked()), wanted);
    await vi.advanceTimersByTimeAsync(1_000);
    wanted.value = false;
    const before = data.mock.calls.length;
    await vi.advanceTimersByTimeAsync(5_000);
    stop();

    expect(data.mock.calls.length).toBe(before);
    expect(out.value.paused).toBe(true);
    expect(out.value.table.times.length).toBeGreaterThan(0);
  });

  test("keeps what it has when the agent does not answer, and asks again later", async () => {
    const data = answering();
    const { out, stop } = netdataFeed(signal(asked()), signal(true));
    await vi.advanceTimersByTimeAsync(0);
    data.mockRejectedValueOnce(new Error("the agent did not answer"));
    await vi.advanceTimersByTimeAsync(1_000);
    const failed = out.value;
    await vi.advanceTimersByTimeAsync(5_000);
    stop();

    expect([failed.error, failed.table.times.length > 0]).toEqual(["the agent did not answer", true]);
    expect(out.value.error).toBe("");
  });
});

describe("the list of nodes", () => {
  test("finds Netdata's by that word, and not all others by ours", () => {
    const found = (text: string, each: ReturnType<typeof node>) =>
      matches(each, listingOf(new URLSearchParams({ q: text }), ""));
    const own = node({ name: "quay" });
    const theirs = node({ name: "depot", link: { ...own.link, dialect: "netdata" } });

    expect([found("netdata", theirs), found("netdata", own), found("muster", own)]).toEqual([
      true,
      false,
      false,
    ]);
  });
});
