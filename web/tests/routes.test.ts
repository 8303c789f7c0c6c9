import { expect, test } from "vitest";
import { address, nodeAddress, routeOf } from "../src/routes";

test("the root and /nodes are the table of nodes", () => {
  expect(routeOf("/")).toEqual({ page: "nodes" });
  expect(routeOf("/nodes")).toEqual({ page: "nodes" });
});

test("a node's page holds its id, also one that had to be escaped", () => {
  expect(routeOf(nodeAddress("a/b"))).toEqual({ page: "node", id: "a/b" });
});

test("what names no page is unknown, and a stray percent sign does no harm", () => {
  expect(routeOf("/tasks")).toEqual({ page: "unknown", path: "/tasks" });
  expect(routeOf("/nodes/%")).toEqual({ page: "node", id: "%" });
  expect(routeOf("/nodes/a/b")).toEqual({ page: "unknown", path: "/nodes/a/b" });
});

test("equal views have equal addresses: empty parameters are left out, commas stay readable", () => {
  expect(address("/nodes", { room: "", state: "stale,offline", sort: "-cpu", q: undefined })).toBe(
    "/nodes?state=stale,offline&sort=-cpu",
  );
});

test("pages of one word and pages of a room each have their address", () => {
  for (const page of ["spaces", "people", "audit", "pki", "trust", "welcome"])
    expect(routeOf(`/${page}`)).toEqual({ page });
  expect(routeOf("/rooms/new")).toEqual({ page: "room", id: "new" });
  expect(routeOf("/people/x")).toEqual({ page: "unknown", path: "/people/x" });
});
