// What is chosen of a dashboard's variables, as the address holds it: ?var-host=alpha,beta. Pure.

import type { Variable } from "../api/types";
import type { Choices } from "./board-layout";

export const ALL = "$all";
const PREFIX = "var-";
const MOST_SENT = 5_000; // values of one variable, as the hub takes them

export const paramName = (variable: string): string => PREFIX + variable;

/** Several values in one parameter: a comma inside a value is written %2C. */
export const written = (values: readonly string[]): string =>
  values.map((value) => value.replaceAll("%", "%25").replaceAll(",", "%2C")).join(",");

export const read = (text: string): string[] =>
  text
    .split(",")
    .filter(Boolean)
    .map((value) => value.replaceAll("%2C", ",").replaceAll("%25", "%"));

/** What the address says of a variable, or else its default. */
export function wantedOf(variable: Variable, search: URLSearchParams): string[] {
  const text = search.get(paramName(variable.name));
  if (text !== null && text !== "") return variable.kind === "text" ? [text] : read(text);
  if (variable.default.length) return variable.default;
  return variable.all ? [ALL] : [];
}

/** The values that stand in queries: of those that there are, and at least one where there is any. */
export function chosenOf(variable: Variable, wanted: readonly string[], there: readonly string[]): string[] {
  if (variable.kind === "text") return [wanted[0] ?? ""];
  const listed = new Set(there);
  if (wanted.includes(ALL) && variable.all) return there.slice(0, MOST_SENT);
  const found = wanted.filter((value) => listed.has(value));
  if (found.length) return variable.multi ? found : found.slice(0, 1);
  // What the address names is kept though nobody offers it now: its data may be older than the range.
  if (wanted.length && !wanted.includes(ALL)) return variable.multi ? [...wanted] : wanted.slice(0, 1);
  return variable.all ? there.slice(0, MOST_SENT) : there.slice(0, 1);
}

/** Choosing one more or one less; the last one that goes means all, where that is offered. */
export function toggled(variable: Variable, wanted: readonly string[], value: string): string[] {
  if (!variable.multi || value === ALL) return [value];
  const before = wanted.filter((each) => each !== ALL);
  const next = before.includes(value) ? before.filter((each) => each !== value) : [...before, value];
  if (next.length) return next;
  return variable.all ? [ALL] : [...before];
}

export const isAll = (variable: Variable, wanted: readonly string[]): boolean =>
  variable.all && wanted.includes(ALL);

/** Choices as a request takes them: a scope in place of what the page says. */
export const merged = (page: Choices, scope: Choices): Record<string, string[]> =>
  Object.fromEntries(Object.entries({ ...page, ...scope }).map(([name, values]) => [name, [...values]]));
