// Computes the contrast table of the design from tokens.css: text 4.5:1, marks and edges 3:1, on every surface they lie on.

import { describe, expect, test } from "vitest";
import css from "../src/styles/tokens.css?raw";

const tokens = new Map(
  [...css.matchAll(/--([\w-]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\)/g)].map(
    ([, name, light, dark]) => [name ?? "", { light: light ?? "", dark: dark ?? "" }],
  ),
);
type Theme = "light" | "dark";

function luminance(hex: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const part = Number.parseInt(hex.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function ratio(a: string, b: string, theme: Theme): number {
  const [first, second] = [a, b].map((name) => {
    const token = tokens.get(name);
    if (!token) throw new Error(`no token --${name}`);
    return luminance(token[theme]);
  });
  const [low = 0, high = 0] = [first ?? 0, second ?? 0].sort((x, y) => x - y);
  return (high + 0.05) / (low + 0.05);
}

const SURFACES = ["sunken", "canvas", "surface", "raised", "hover", "selected"];
const STATES = ["ok", "warn", "crit", "unknown", "wait", "clone", "off"];

describe.each<Theme>(["light", "dark"])("in the %s theme", (theme) => {
  test.each(["ink", "ink-2", "ink-3", "accent", ...STATES])(
    "--%s is readable as text on every surface",
    (token) => {
      for (const surface of SURFACES)
        expect(ratio(token, surface, theme), surface).toBeGreaterThanOrEqual(4.5);
    },
  );

  test.each(STATES)("--%s is readable on its own tint", (token) => {
    expect(ratio(token, `${token}-tint`, theme)).toBeGreaterThanOrEqual(4.5);
  });

  test("controls have an edge one can see", () => {
    for (const surface of ["canvas", "surface", "raised"])
      expect(ratio("control", surface, theme), surface).toBeGreaterThanOrEqual(3);
  });

  test.each([1, 2, 3, 4, 5, 6, 7, 8])("series %i stands out from a card", (number) => {
    expect(ratio(`series-${number}`, "surface", theme)).toBeGreaterThanOrEqual(3);
  });

  test("text on ink, on accent and on danger is readable", () => {
    for (const fill of ["ink", "accent", "crit"])
      expect(ratio("on-ink", fill, theme), fill).toBeGreaterThanOrEqual(4.5);
  });

  test("text on tints is readable", () => {
    for (const tint of STATES)
      expect(ratio("ink-2", `${tint}-tint`, theme), tint).toBeGreaterThanOrEqual(4.5);
  });
});
