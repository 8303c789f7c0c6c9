import { describe, expect, test } from "vitest";
import { type Listing, listingOf, matches, nextSort, ordered } from "../src/state/listing";
import { node, summary } from "./node";

const listing = (query: string, roomId = ""): Listing => listingOf(new URLSearchParams(query), roomId);
const fleet = [
  node({ name: "quay", rooms: [{ id: "edge", name: "Edge", by_rule: false }] }),
  node({ name: "store", facts: { ...node({ name: "store" }).facts, os: "Rocky Linux 10" } }),
  node({ name: "winch", state: "offline" }),
  node({ name: "loft", state: "pending" }),
  node({ name: "gauge", state: "stale" }),
];
const numbers =
  (values: Record<string, number>, field: "cpu" | "disk" = "cpu") =>
  (id: string) => {
    const value = values[id.slice(3)];
    return value === undefined ? null : summary(id, { [field]: value });
  };
const names = (ids: string[]) => ids.map((id) => id.slice(3));

describe("the order of the table", () => {
  test("starts with problems; what waits comes last", () => {
    const ids = ordered(fleet, listing(""), () => null);
    expect(names(ids)).toEqual(["winch", "gauge", "quay", "store", "loft"]);
  });

  test("puts live nodes past a slow limit before quiet ones, and never moves a row for its CPU", () => {
    expect(names(ordered(fleet, listing(""), numbers({ store: 97 }, "disk"))).slice(2, 4)).toEqual([
      "store",
      "quay",
    ]);
    expect(names(ordered(fleet, listing(""), numbers({ store: 97 }, "cpu"))).slice(2, 4)).toEqual([
      "quay",
      "store",
    ]);
  });

  test("by a number puts unknown ones below every value", () => {
    const ids = ordered(fleet, listing("sort=-cpu"), numbers({ quay: 3, gauge: 50, winch: 99 }));
    expect(names(ids).slice(0, 2)).toEqual(["gauge", "quay"]);
  });

  test("an old number of an offline node counts as unknown", () => {
    const ids = ordered(fleet, listing("sort=-cpu"), numbers({ winch: 99, quay: 1 }));
    expect(names(ids)[0]).toBe("quay");
  });
});

describe("the filter", () => {
  const shown = (query: string, roomId = "") =>
    fleet.filter((each) => matches(each, listing(query, roomId))).map((each) => each.name);

  test("wants every word, in name, system, address or room", () => {
    expect(shown("q=rocky")).toEqual(["store"]);
    expect(shown("q=edge+qu")).toEqual(["quay"]);
    expect(shown("q=edge+store")).toEqual([]);
  });

  test("takes several states and one room", () => {
    expect(shown("state=stale,offline")).toEqual(["winch", "gauge"]);
    expect(shown("", "edge")).toEqual(["quay"]);
  });

  test("ignores states and columns that do not exist", () => {
    expect(listing("state=purple&sort=colour")).toEqual(listing(""));
  });
});

test("a click on a head sorts numbers from the largest, texts from A, and turns round on the second", () => {
  expect(nextSort(listing(""), "cpu")).toBe("-cpu");
  expect(nextSort(listing("sort=-cpu"), "cpu")).toBe("cpu");
  expect(nextSort(listing(""), "node")).toBe("node");
  expect(nextSort(listing("sort=node"), "node")).toBe("-node");
});
