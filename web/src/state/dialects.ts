// The languages of queries, as an editor takes them: how a text is coloured, and what can be written at its cursor.

import { promNames } from "../api/prometheus";
import type { Language } from "../api/types";
import { coloured } from "../format/influxql";
import { promColoured } from "../format/promql";
import type { Completion } from "./completing";
import { completionsOf, placeAt } from "./completion";
import { type PromPlace, promCompletionsOf, promPlaceAt } from "./promcompletion";
import { kept, NOTHING, schemaFor } from "./schema";
import { spaceId } from "./session";

export interface Completions {
  from: number; // what a completion replaces
  to: number;
  list: Completion[];
}

export interface Dialect {
  coloured: (text: string) => { kind: string; text: string }[];
  /** Reads signals: what comes later fills the list that is open. */
  completions: (text: string, caret: number) => Completions;
}

export const LANGUAGES: readonly (readonly [Language, string])[] = [
  ["influxql", "InfluxQL"],
  ["promql", "PromQL"],
];

const MOST = 5_000;

export const dialectOf = (language: Language, database: string, isListing = false): Dialect =>
  language === "promql" ? promql(database, isListing) : influxql(database);

const influxql = (database: string): Dialect => ({
  coloured,
  completions: (text, caret) => {
    const place = placeAt(text, caret);
    return { ...place, list: completionsOf(place, schemaFor(database)(place)) };
  },
});

const promql = (database: string, isListing: boolean): Dialect => ({
  coloured: promColoured,
  completions: (text, caret) => {
    const place = promPlaceAt(text, caret);
    return { ...place, list: promCompletionsOf(place, promSchema(database, place), isListing) };
  },
});

/** Only what the place wants is asked. */
function promSchema(database: string, { wanted, metric, label }: PromPlace) {
  const names = (on: boolean, path: string, of = "") =>
    on
      ? kept(["promql", database, path, of], () => promNames(spaceId.peek(), path, of, database, MOST))
      : NOTHING;
  const own = metric.includes("$") ? "" : metric; // a variable is no metric
  return {
    metrics: names(wanted === "metric", "label/__name__/values"),
    labels: names(wanted === "label" || wanted === "selector", "labels", own).filter(
      (name) => name !== "__name__",
    ),
    values: names(wanted === "value" && label !== "", `label/${encodeURIComponent(label)}/values`, own),
  };
}
