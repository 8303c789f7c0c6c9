import { describe, expect, test } from "vitest";
import { passwordFault, repeatFault } from "../src/format/passwords";
import { rolesUpTo } from "../src/format/roles";
import { parseSpan, readSpan } from "../src/format/spans";
import { duration } from "../src/format/times";
import { readTtl, readUses } from "../src/state/choices";

describe("a span of time", () => {
  test("is read as people write it", () => {
    const spans = ["45 min", "36h", "3 days", "1 week", "1.5 h", "1,5 h", "1 h 30 min", " 90 S "];
    expect(spans.map(parseSpan)).toEqual([2700, 129600, 259200, 604800, 5400, 5400, 5400, 90]);
  });

  test("needs a unit, and nothing else beside it", () => {
    for (const text of ["", "5", "h", "3 moons", "-3 h", "3 h and more", "about 3 h", "1e9 s"])
      expect(parseSpan(text)).toBeNull();
  });

  test("reads back what is shown of it", () => {
    for (const seconds of [60, 5400, 86_400, 30 * 86_400]) expect(parseSpan(duration(seconds))).toBe(seconds);
  });

  test("says what is wrong and why", () => {
    const limits = { least: 60, most: 3600, why: "it must end" };
    expect(readSpan("2 h", limits)).toEqual({ error: "2 h is too long. At most 1 h: it must end." });
    expect(readSpan("5 s", limits)).toEqual({ error: "5 s is too short. It must be at least 1 min." });
    expect(readSpan("", limits)).toMatchObject({
      error: expect.stringContaining("Nothing is written here."),
    });
  });
});

describe("how far a claim token goes", () => {
  test("has limits on both sides", () => {
    expect(readTtl("30 d")).toEqual({ value: 2_592_000 });
    expect(readTtl("31 d")).toHaveProperty("error");
    expect(readUses("1000")).toEqual({ value: 1000 });
    for (const text of ["0", "1001", "many", "", "1.5", "-2"]) expect(readUses(text)).toHaveProperty("error");
  });
});

test("a new password is long enough, another one, and typed twice alike", () => {
  expect(passwordFault("short", "old")).toContain("5 of at least 10");
  expect(passwordFault("x".repeat(257), "old")).toContain("at most 256");
  expect(passwordFault("the very same one", "the very same one")).toContain("Choose another");
  expect(passwordFault("long enough now", "old")).toBe("");
  expect(repeatFault("a", "b")).not.toBe("");
});

test("a role can be handed on up to one's own", () => {
  expect(rolesUpTo("editor").map(([role]) => role)).toEqual(["viewer", "editor"]);
  expect(rolesUpTo("viewer")).toHaveLength(1);
});
