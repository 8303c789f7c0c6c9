import { expect, test } from "vitest";
import { faults } from "../tools/structure.mjs";

const file = (name: string) => new URL(`../src/${name}`, import.meta.url).pathname;

test("an import from a floor above is a fault, a type from there is none", () => {
  expect(faults(file("state/x.ts"), 'import { Shell } from "../widgets/shell";\n')).toHaveLength(1);
  expect(faults(file("format/x.ts"), 'import type { NodeView } from "../api/types";\n')).toEqual([]);
  expect(faults(file("pages/x.tsx"), 'import { Shell } from "../widgets/shell";\n')).toEqual([]);
});

test("a long file, an outside address and a second user of the chart library are faults", () => {
  expect(faults(file("state/x.ts"), "\n".repeat(201))).toHaveLength(1);
  expect(faults(file("state/x.ts"), 'const a = "https://cdn.example/x.js";\n')).toHaveLength(1);
  expect(faults(file("charts/x.ts"), 'import uPlot from "uplot";\n')).toHaveLength(1);
});
