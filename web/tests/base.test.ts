import { expect, test } from "vitest";
import { base, inward, outward } from "../src/api/base";

test("without a page the hub is at the root of its host", () => {
  expect(base).toBe("");
  expect(outward("/nodes")).toBe("/nodes");
  expect(inward("/nodes")).toBe("/nodes");
});

test("paths of ours get the prefix, other addresses do not", () => {
  expect(outward("/nodes?a=b", "/muster")).toBe("/muster/nodes?a=b");
  for (const other of ["#main", "?a=b", "https://hub/x", "//hub/x", "blob:x"])
    expect(outward(other, "/muster")).toBe(other);
});

test("the address bar's path loses the prefix, once and as a whole part", () => {
  expect(inward("/muster/nodes", "/muster")).toBe("/nodes");
  expect(inward("/muster", "/muster")).toBe("/");
  expect(inward("/muster/", "/muster")).toBe("/");
  expect(inward("/mustering", "/muster")).toBe("/mustering");
  expect(inward("/nodes", "/muster")).toBe("/nodes");
});
