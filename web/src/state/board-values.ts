// Values of variables: asked of the hub once for each set of choices they depend on, and what is chosen of them.

import { computed, type Signal, signal, untracked } from "@preact/signals";
import { type Oracle, spaceOracle } from "../api/dashboards";
import type { Variable, VariableValue } from "../api/types";
import { asks } from "./asks";
import { board, isPublic } from "./board";
import { ALL, chosenOf, merged, wantedOf } from "./board-choices";
import { type Choices, laidOut, namesIn, type PlacedSection } from "./board-layout";
import { params } from "./location";
import { edges } from "./range";
import { spaceId } from "./session";

export interface Values {
  list: readonly VariableValue[] | null; // null: not known yet
  more: number;
  error: string;
}

const NOTHING: Values = { list: null, more: 0, error: "" };
const NONE: Values = { list: [], more: 0, error: "" };
const FIRST_RANK = -1; // panels wait for variables

/** Whom to ask; null: the space that is looked at. */
export const oracle = signal<Oracle | null>(null);
const found = new Map<string, Signal<Values>>();
const epoch = signal(0);
let leaving = new AbortController();

/** Asks for all values anew. */
export function reloadValues(): void {
  leaving.abort();
  leaving = new AbortController();
  found.clear();
  epoch.value += 1;
}

/** Whom the present choices say to ask: a variable of spaces may name another one. */
export function oracleFor(choices: Choices): Oracle {
  const other = board.peek()?.variables.find((variable) => variable.kind === "space")?.name;
  return oracle.peek() ?? spaceOracle((other && choices[other]?.[0]) || spaceId.peek());
}

/** Names of the variables whose values it depends on; behind a link its query is not told, so it may be any before it. */
function dependsOn(variable: Variable): string[] {
  if (isPublic.peek()) {
    const names = (board.peek()?.variables ?? []).map(({ name }) => name);
    return names.slice(0, names.indexOf(variable.name));
  }
  return variable.kind === "node"
    ? [variable.query.replace(/^\$/, "")]
    : namesIn(variable.query + variable.regex);
}

/** The values of a variable where these choices hold; a signal, so whoever reads it hears when they come. */
export function valuesOf(variable: Variable, choices: Choices): Values {
  epoch.value;
  if (variable.kind === "text") return NONE;
  const names = dependsOn(variable).filter((name) => name in choices);
  if (names.some((name) => !choices[name]?.length) && !isPublic.peek()) return NONE; // it has no value either
  const own = Object.fromEntries(names.map((name) => [name, choices[name] ?? []]));
  const key = JSON.stringify([variable, own]);
  let known = found.get(key);
  if (!known) {
    known = signal(NOTHING);
    found.set(key, known);
    const target = known;
    untracked(() => queueMicrotask(() => ask(variable, merged(choices, {}), target)));
  }
  return known.value;
}

/** One that names no database is asked of the dashboard's. */
function withDatabase(variable: Variable): Variable {
  const document = board.peek();
  if (variable.database || !document) return variable;
  return { ...variable, database: document.database, policy: variable.policy || document.policy };
}

function ask(variable: Variable, variables: Record<string, string[]>, into: Signal<Values>): void {
  const { fromMs, toMs } = edges();
  const range = { from_ns: Math.round(fromMs) * 1e6, to_ns: Math.round(toMs) * 1e6 };
  const body = { ...range, variables, variable: withDatabase(variable) };
  const { signal: left } = leaving;
  const whom = oracleFor(variables);
  asks
    .ask((stop) => whom.variable(body, stop), left, FIRST_RANK)
    .then(
      ({ values, more }) => {
        into.value = { list: values, more, error: "" };
      },
      (error: unknown) => {
        if (left.aborted) return;
        into.value = { list: [], more: 0, error: error instanceof Error ? error.message : String(error) };
      },
    );
}

/** What is chosen of each variable, and whether all of it is known. */
export const chosen = computed(() => {
  const made: Record<string, string[]> = {};
  let known = true;
  for (const variable of board.value?.variables ?? []) {
    // Behind a link one waits for those before it, because it may depend on them.
    const { list } = known || !isPublic.value ? valuesOf(variable, made) : NOTHING;
    const wanted = wantedOf(variable, params.value);
    if (list === null) known = false;
    const there = list?.map(({ value }) => value) ?? [];
    made[variable.name] = list === null && wanted.includes(ALL) ? [] : chosenOf(variable, wanted, there);
  }
  return { choices: made as Choices, known };
});

/** Values that a repeated panel or section has: the chosen ones, of those that there are in its own scope. */
function repeated(name: string, scope: Choices): readonly string[] | null {
  const { choices, known } = chosen.value;
  const variable = board.value?.variables.find((each) => each.name === name);
  if (!variable) return [];
  if (!known) return null;
  const scoped = Object.keys(scope).some((each) => dependsOn(variable).includes(each));
  if (!scoped) return choices[name] ?? [];
  const { list } = valuesOf(variable, merged(choices, scope));
  if (list === null) return null;
  const there = new Set(list.map(({ value }) => value));
  return (choices[name] ?? []).filter((value) => there.has(value));
}

export const layout = computed<PlacedSection[]>(() => (board.value ? laidOut(board.value, repeated) : []));

/** What can be chosen of a variable now. */
export function offeredOf(variable: Variable): Values {
  const { choices, known } = chosen.value;
  return known || !isPublic.value ? valuesOf(variable, choices) : NOTHING;
}
