import { describe, expect, test } from "vitest";
import { FOUND } from "../src/pages/found";
import { SECTIONS } from "../src/pages/sections";

describe("what only some machines have", () => {
  const charts = FOUND.flatMap((section) => section.charts);

  test("is among the sections of a node's page", () => {
    for (const section of FOUND) expect(SECTIONS).toContain(section);
  });

  test("has charts with names of their own", () => {
    const ids = SECTIONS.flatMap((section) => section.charts.map((chart) => chart.id));
    expect(new Set(ids).size).toBe(ids.length);
  });

  test("is drawn with a line for each disk, GPU, UPS, container or address", () => {
    for (const chart of charts) expect(Array.isArray(chart.lines)).toBe(false);
  });

  test("is shown in the page's units", () => {
    const of = (field: string) => {
      const lines = charts.find((chart) => !Array.isArray(chart.lines) && chart.lines.field === field)?.lines;
      return lines && !Array.isArray(lines) ? lines.of : undefined;
    };
    expect(of("memory_used")?.(3)).toBe(3 * 1024 * 1024);
    expect(of("time_left_ns")?.(60e9)).toBe(60);
  });
});
