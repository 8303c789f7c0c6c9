// The colours a dashboard may name, in words: of limits, mappings and single fields.

import { levelOf, named } from "../charts/levels";
import { PickField } from "./editor-fields";
import { Mark } from "./icon";

type Named = readonly (readonly [value: string, text: string])[];

/** What a value is: well, a warning, critical; or a tint without a meaning. */
export const STATES: Named = [
  ["green", "well"],
  ["yellow", "warning"],
  ["red", "critical"],
  ["blue", "blue"],
  ["purple", "purple"],
  ["cyan", "cyan"],
  ["grey", "grey"],
];

/** What a line is. */
export const LINES: Named = [
  ["blue", "blue"],
  ["yellow", "amber"],
  ["cyan", "teal"],
  ["red", "red"],
  ["purple", "purple"],
  ["green", "green"],
  ["grey", "grey"],
];

interface ColourPickProps {
  label: string;
  value: string;
  colours: Named;
  none?: string; // what no colour is called; left out: there has to be one
  onChange: (colour: string) => void;
}

export function ColourPick({ label, value, colours, none, onChange }: ColourPickProps) {
  const offered: Named = none === undefined ? colours : [["", none], ...colours];
  const known = offered.some(([key]) => key === value);
  return (
    <PickField
      label={label}
      value={value}
      options={known ? offered : [...offered, [value, wordOf(value, colours)]]}
      onChange={onChange}
    />
  );
}

/** A colour that the file wishes for by its number: the nearest, as it is drawn. */
function wordOf(colour: string, colours: Named): string {
  const nearest = colours.find(([key]) => key === named(colour))?.[1];
  return nearest ? `${nearest} (${colour})` : colour || "none";
}

export function LevelMark({ colour }: { colour: string }) {
  const level = levelOf(colour);
  return level === "warn" || level === "crit" ? <Mark name={level} /> : <span class="m" />;
}
