import { describe, expect, test } from "vitest";
import { commandLine } from "../src/format/shell";
import { spanArgument } from "../src/format/spans";
import { queue, waitingCount } from "../src/state/approvals";
import {
  checkAway,
  checkLabels,
  checkNetworks,
  checkPerHour,
  labelsOf,
  limitsText,
  wordsOf,
} from "../src/state/limits";
import { listingOf, matches } from "../src/state/listing";
import { likeness } from "../src/widgets/holders-table";
import { drawn } from "../src/widgets/qr";
import { node } from "./node";

describe("what is written in a field of its own", () => {
  test("labels are pairs apart by commas, and their values may hold spaces", () => {
    expect(labelsOf("site=berlin, role = edge box,")).toEqual({ site: "berlin", role: "edge box" });
    expect(checkLabels("site=berlin, role=edge box")).toBe("");
    expect(checkLabels("")).toBe("");
    expect(checkLabels("site")).toContain("“site” is no label");
    expect(checkLabels("Site=x")).toContain("small letters");
    expect(checkLabels("site=")).toContain("“site=” is no label");
  });

  test("networks are addresses with a length, of either kind", () => {
    expect(checkNetworks("10.20.0.0/16 fd00:20::/32")).toBe("");
    expect(checkNetworks("everywhere")).toContain("“everywhere” is no network");
    expect(wordsOf(" a, b  c ")).toEqual(["a", "b", "c"]);
  });

  test("a span and a number may be left out, and say what is wrong when they can't be read", () => {
    expect([checkAway(""), checkAway("2 h"), checkPerHour(""), checkPerHour("5")]).toEqual(["", "", "", ""]);
    expect(checkAway("soon")).toContain("is no time span");
    expect(checkPerHour("0")).toContain("“0” is no number of machines");
  });

  test("limits are one sentence, and none is silence", () => {
    const none = { labels: {}, networks: [], hosts: [], per_hour: 0, ephemeral_s: 0 };
    const rest = { description: "", proxy: "", url: "" };
    expect(limitsText({ ...none, ...rest })).toBe("");
    expect(
      limitsText({
        ...none,
        ...rest,
        networks: ["10.0.0.0/8"],
        hosts: ["web-*"],
        per_hour: 5,
        ephemeral_s: 7200,
      }),
    ).toBe(
      "from 10.0.0.0/8, called web-*, at most 5 in any hour, leaving the list 2 h after they were last heard",
    );
  });
});

describe("command lines", () => {
  test("quote what a shell would read more into", () => {
    expect(commandLine("muster", "node", "fork", "web-01", "--holder", "3f1c")).toBe(
      "muster node fork web-01 --holder 3f1c",
    );
    expect(commandLine("--note", "it's ours", "web-*", "")).toBe("--note 'it'\\''s ours' 'web-*' ''");
  });

  test("say spans in one unit", () => {
    expect([45, 600, 5400, 7200, 86_400, 129_600].map(spanArgument)).toEqual([
      "45s",
      "10m",
      "90m",
      "2h",
      "1d",
      "36h",
    ]);
  });
});

test("of two holders only what both say is compared", () => {
  expect([likeness("a", "a"), likeness("a", "b"), likeness("a", ""), likeness("", "")]).toEqual([
    "=",
    "≠",
    "",
    "",
  ]);
});

describe("a QR code", () => {
  test("is as small as its text allows, with four modules of white around it", () => {
    expect(drawn("A1").size).toBe(21 + 8);
    expect(drawn("A".repeat(600)).size).toBe(4 * 13 + 17 + 8);
  });

  test("begins with a finder: seven dark modules, then a light one", () => {
    expect(drawn("A1").path.startsWith("M4 4h7v1h-7zM")).toBe(true);
  });

  test("is refused for what its alphabet does not hold", () => {
    expect(() => drawn("small letters")).toThrow(RangeError);
    expect(() => drawn("A".repeat(5_000))).toThrow(RangeError);
  });
});

test("the badge counts what the hub said last", () => {
  queue.value = { waiting: 3, newest_ns: 7 };

  expect(waitingCount.value).toBe(3);
});

test("nodes are found by a label, exactly as a filter and by its words as a search", () => {
  const quay = node({ name: "quay", labels: { site: "berlin" } });
  const store = node({ name: "store", labels: { site: "bern" } });
  const fitting = (query: string) =>
    [quay, store]
      .filter((each) => matches(each, listingOf(new URLSearchParams(query), "")))
      .map(({ name }) => name);

  expect(fitting("label=site=berlin")).toEqual(["quay"]);
  expect(fitting("q=site=ber")).toEqual(["quay", "store"]);
});
