// What can be written at the cursor of a PromQL editor. Pure: the text, the place and what is known of metrics go in.

import {
  AGGREGATORS,
  GROUPINGS,
  isPromFunction,
  isPromKeyword,
  LISTINGS,
  PROM_FUNCTIONS,
  type PromWord,
  promWordsOf,
  quotedLabel,
} from "../format/promql";
import { type Completion, fitting } from "./completing";

export interface PromSchema {
  metrics: string[];
  labels: string[]; // of the metric at the cursor, or of all
  values: string[]; // of the label at the cursor
}

export interface PromPlace {
  wanted: "metric" | "label" | "selector" | "value" | "duration" | "more" | "nothing";
  prefix: string;
  from: number;
  to: number;
  metric: string; // whose labels are wanted; "" when unknown
  label: string; // whose values are wanted
}

const COMPARES = new Set(["=", "!=", "=~", "!~"]);
const OPENING: Record<string, string> = { "(": ")", "{": "}", "[": "]" };
const DURATIONS = ["$__rate_interval", "$__interval", "$__range", "1m", "5m", "1h", "1d"];
const MORE = ["by (", "without (", "offset", "and", "or", "unless", "on (", "ignoring (", "group_left ("];

/** Where the cursor stands and what belongs there. */
export function promPlaceAt(text: string, caret: number): PromPlace {
  const all = promWordsOf(text);
  const words = all.filter((word) => word.from < caret);
  const last = words.at(-1);
  const own = last && caret <= last.to && last.kind !== "sign" ? last : undefined;
  const before = own ? words.slice(0, -1) : words;
  return {
    ...{ metric: "", label: "", ...wantedAfter(before, all) },
    prefix: own ? text.slice(own.from, caret).replace(/^["'`]/, "") : "",
    from: own?.from ?? caret,
    to: own?.to ?? caret,
  };
}

function wantedAfter(before: PromWord[], all: PromWord[]): Pick<PromPlace, "wanted"> & Partial<PromPlace> {
  const open = lastOpen(before);
  const last = before.at(-1);
  if (open < 0) return { wanted: isOperand(last) ? "more" : "metric" };
  const name = nameBefore(before, open);
  switch (before[open]?.text) {
    case "[":
      return { wanted: "duration" };
    case "{":
      return inSelector(before, name);
    default:
      if (GROUPINGS.includes(name)) return { wanted: "label", metric: metricOf(all) };
      if (name === "label_values" && last?.text === ",")
        return { wanted: "label", metric: metricOf(before.slice(open + 1)) };
      return { wanted: isOperand(last) ? "more" : "metric" };
  }
}

function inSelector(before: PromWord[], metric: string): Pick<PromPlace, "wanted"> & Partial<PromPlace> {
  const [last, label] = [before.at(-1), before.at(-2)];
  if (last?.kind !== "sign") return { wanted: "nothing" };
  if (COMPARES.has(last.text)) return { wanted: "value", metric, label: label?.text ?? "" };
  return { wanted: last.text === "{" || last.text === "," ? "selector" : "nothing", metric };
}

/** Which bracket is open at the end. */
function lastOpen(words: PromWord[]): number {
  const open: number[] = [];
  words.forEach(({ kind, text }, at) => {
    if (kind !== "sign") return;
    if (text in OPENING) open.push(at);
    else if (Object.values(OPENING).includes(text)) open.pop();
  });
  return open.at(-1) ?? -1;
}

function nameBefore(words: PromWord[], at: number): string {
  const word = words[at - 1];
  return word?.kind === "word" ? word.text : "";
}

const isOperand = (word: PromWord | undefined): boolean =>
  word !== undefined &&
  (word.kind === "sign" ? [")", "}", "]"].includes(word.text) : !isPromKeyword(word.text));

/** The first metric of an expression. */
function metricOf(words: PromWord[]): string {
  let closing = ""; // of a list of labels, which are no metrics
  for (const [at, word] of words.entries()) {
    if (closing) {
      if (word.text === closing) closing = "";
    } else if (word.kind === "sign" && word.text === "{") closing = "}";
    else if (word.text === "(" && GROUPINGS.includes(nameBefore(words, at))) closing = ")";
    else if (word.kind === "word" && !isPromKeyword(word.text) && !isPromFunction(word.text))
      return word.text;
  }
  return "";
}

const tight = (texts: string[], kind: Completion["kind"], put: (text: string) => string = String) =>
  texts.map((label): Completion => ({ text: put(label), label, kind, tight: true }));

function offered(place: PromPlace, schema: PromSchema, isListing: boolean): Completion[] {
  switch (place.wanted) {
    case "metric":
      return [
        ...tight(isListing ? LISTINGS : [], "function", (name) => `${name}(`),
        ...tight(schema.metrics, "metric"),
        ...tight([...AGGREGATORS, ...PROM_FUNCTIONS], "function", (name) => `${name}(`),
      ];
    case "label":
      return tight(schema.labels, "label");
    case "selector":
      return tight(schema.labels, "label", (name) => `${name}=`);
    case "value":
      return tight(schema.values, "value", quotedLabel);
    case "duration":
      return tight(DURATIONS, "keyword");
    case "more":
      return tight(MORE, "keyword");
    case "nothing":
      return [];
  }
}

export const promCompletionsOf = (place: PromPlace, schema: PromSchema, isListing = false): Completion[] =>
  fitting(offered(place, schema, isListing), place.prefix);
