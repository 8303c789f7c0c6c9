// Checks the shape of the source: imports go one way, files stay short, nothing comes from outside, one file knows uPlot.

import { readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../src/", import.meta.url));
// From top to bottom; a file may import only from its own floor or one beneath.
const FLOORS = ["main", "app", "pages", "widgets", "charts", "state", "api", "format", "routes"];
// format/states.ts speaks of NodeView: types alone may be imported from above.
const MOST_LINES = 200;
const LONGER = {
  "charts/timeseries.tsx": 310, // the whole chart library behind one class
  "pages/sections.ts": 420, // data, one line per chart line
  "api/types.gen.ts": 1200, // generated
};
const OUTSIDE = /https?:\/\/(?!www\.w3\.org|localhost)/;

function* sources(folder) {
  for (const name of readdirSync(folder).sort()) {
    const path = join(folder, name);
    if (statSync(path).isDirectory()) yield* sources(path);
    else if (/\.tsx?$/.test(name)) yield path;
  }
}

const floorOf = (path) =>
  FLOORS.indexOf(
    relative(ROOT, path)
      .split("/")[0]
      .replace(/\.tsx?$/, ""),
  );

/** Everything wrong with one file, in words. */
export function faults(path, text) {
  const name = relative(ROOT, path);
  const found = [];
  const lines = text.split("\n").length - 1;
  if (lines > (LONGER[name] ?? MOST_LINES)) found.push(`${name}: ${lines} lines; it hides another file`);
  if (OUTSIDE.test(text)) found.push(`${name}: an address outside the hub`);
  for (const [, types, from] of text.matchAll(/^(?:import|export)\s+(type\s)?[^;]*?from\s+"([^"]+)"/gm)) {
    if (from.startsWith("uplot") && name !== "charts/timeseries.tsx")
      found.push(`${name}: only charts/timeseries.tsx knows uPlot`);
    if (!from.startsWith(".") || types) continue;
    const [own, other] = [floorOf(path), floorOf(resolve(dirname(path), from))];
    if (other < own) found.push(`${name}: imports ${from} from a floor above its own`);
  }
  return found;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const all = [...sources(ROOT)].flatMap((path) => faults(path, readFileSync(path, "utf8")));
  for (const fault of all) console.error(fault);
  process.exit(all.length ? 1 : 0);
}
