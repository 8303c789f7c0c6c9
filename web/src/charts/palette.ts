// Colours for canvases: a canvas cannot read light-dark() from a custom property, so one probe element resolves them,
// anew after every change of theme.

import { painted } from "../state/theme";

export type Ink = "ink" | "ink-2" | "ink-3" | "line" | "line-2" | "surface" | "accent" | "warn" | "crit";
export type SeriesColour = 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8;

const known = new Map<string, string>();
let version = -1;
let probe: HTMLElement | null = null;

function resolve(token: string): string {
  if (version !== painted.peek()) {
    known.clear();
    version = painted.peek();
  }
  let colour = known.get(token);
  if (colour === undefined) {
    probe ??= document.body.appendChild(Object.assign(document.createElement("i"), { hidden: true }));
    probe.style.color = `var(--${token})`;
    colour = getComputedStyle(probe).color;
    known.set(token, colour);
  }
  return colour;
}

export const ink = (token: Ink): string => resolve(token);
export const seriesColour = (number: SeriesColour): string => resolve(`series-${number}`);

/** The same colour, thinner: areas under lines. */
export function faded(colour: string, alpha: number): string {
  const numbers = colour.match(/[\d.]+/g);
  if (!numbers || numbers.length < 3) return colour;
  const [red, green, blue] = numbers;
  return `rgba(${red}, ${green}, ${blue}, ${alpha})`;
}

export const fontFamily = (): string => getComputedStyle(document.body).fontFamily;
