// What can be written at the cursor of an InfluxQL editor. Pure: the text, the place and what the database holds go in.

import {
  FUNCTIONS,
  isKeyword,
  quotedName,
  quotedString,
  STATEMENTS,
  type Word,
  wordsOf,
} from "../format/influxql";
import { type Completion, fitting } from "./completing";

export interface Schema {
  databases: string[];
  measurements: string[];
  fields: string[]; // of the measurement that the statement reads
  tags: string[];
  values: string[]; // of the tag at the cursor
}

export type Wanted =
  | "statement"
  | "show"
  | "select"
  | "measurement"
  | "condition"
  | "value"
  | "group"
  | "database"
  | "tag"
  | "fill"
  | "more";

export interface Place {
  wanted: Wanted;
  prefix: string; // what is written of it already
  from: number; // what a completion replaces
  to: number;
  measurement: string; // that the statement reads; "" when unknown
  tag: string; // whose values are wanted
}

const CLAUSES: Record<string, Wanted> = {
  select: "select",
  from: "measurement",
  into: "measurement",
  where: "condition",
  and: "condition",
  or: "condition",
  by: "group",
  on: "database",
  key: "tag",
  fill: "fill",
  limit: "more",
  offset: "more",
  show: "show",
};
const COMPARES = new Set(["=", "!=", "<>", "=~", "!~"]);
const SHOWS = STATEMENTS.filter((text) => text.startsWith("SHOW ")).map((text) => text.slice(5));

/** Where the cursor stands and what belongs there. */
export function placeAt(text: string, caret: number): Place {
  const all = wordsOf(text);
  const start = statementStart(all, caret);
  const words = all.filter((word) => word.from >= start && word.from < caret);
  const own = words.at(-1);
  const inside = own && caret <= own.to && own.kind !== "sign" && own.kind !== "number" ? own : undefined;
  const before = inside ? words.slice(0, -1) : words;
  const end = all.find((word) => word.from >= caret && word.text === ";" && word.kind === "sign")?.from;
  return {
    ...wantedAfter(before),
    prefix: inside ? prefixOf(inside, text, caret) : "",
    from: inside?.from ?? caret,
    to: inside ? inside.to : caret,
    measurement: measurementOf(all.filter((word) => word.from >= start && word.from < (end ?? text.length))),
  };
}

function statementStart(words: Word[], caret: number): number {
  const last = words.findLast((word) => word.kind === "sign" && word.text === ";" && word.to <= caret);
  return last?.to ?? 0;
}

const prefixOf = (word: Word, text: string, caret: number): string =>
  text.slice(word.from, caret).replace(/^["'/]/, "");

function wantedAfter(words: Word[]): { wanted: Wanted; tag: string } {
  const [last, before] = [words.at(-1), words.at(-2)];
  if (!last) return { wanted: "statement", tag: "" };
  if (last.kind === "sign" && COMPARES.has(last.text) && before) {
    if (before.text.toLowerCase() === "key" && before.kind === "word") return { wanted: "tag", tag: "" };
    return { wanted: "value", tag: before.text };
  }
  const at = words.findLastIndex((word) => word.kind === "word" && word.text.toLowerCase() in CLAUSES);
  const clause = at < 0 ? "statement" : (CLAUSES[words[at]?.text.toLowerCase() ?? ""] ?? "more");
  const complete = isComplete(clause, words.slice(at + 1));
  return { wanted: complete ? "more" : clause, tag: "" };
}

/** After a whole term comes a keyword or a comma, not another term. */
function isComplete(clause: Wanted, after: Word[]): boolean {
  const last = after.at(-1);
  if (!last || clause === "statement") return false;
  if (last.kind === "sign") return last.text === ")";
  return !(clause === "measurement" && last.text.endsWith("."));
}

/** What stands behind FROM, also when that comes after the cursor. */
function measurementOf(words: Word[]): string {
  const from = words.findIndex((word) => word.kind === "word" && word.text.toLowerCase() === "from");
  if (from < 0) return "";
  let name = words[from + 1];
  for (let at = from + 2; words[at]?.text === "." || words[at]?.text === ".."; at += 2)
    name = words[at + 1] ?? name;
  return name && (name.kind === "name" || (name.kind === "word" && !isKeyword(name.text))) ? name.text : "";
}

const keywords = (...texts: string[]): Completion[] =>
  texts.map((text) => ({ text, label: text, kind: "keyword" }));
const named = (texts: string[], kind: Completion["kind"]): Completion[] =>
  texts.map((label) => ({ text: quotedName(label), label, kind }));

function offered(place: Place, schema: Schema): Completion[] {
  const fields = named(schema.fields, "field");
  const tags = named(schema.tags, "tag");
  switch (place.wanted) {
    case "statement":
      return keywords(...STATEMENTS);
    case "show":
      return keywords(...SHOWS);
    case "select":
      return [
        ...fields,
        ...FUNCTIONS.map((name) => ({ text: `${name}(`, label: `${name}()`, kind: "function" as const })),
        ...tags,
        ...keywords("*", "FROM"),
      ];
    case "measurement":
      return named(schema.measurements, "measurement");
    case "condition":
      return [...tags, ...fields, ...keywords("time", "$timeFilter", "now()")];
    case "value":
      return place.tag.toLowerCase() === "time"
        ? keywords("now() - 1h", "now()")
        : schema.values.map((label) => ({ text: quotedString(label), label, kind: "value" as const }));
    case "group":
      return [...keywords("time($__interval)", "time(1m)"), ...tags, ...keywords("*")];
    case "database":
      return named(schema.databases, "database");
    case "tag":
      return tags;
    case "fill":
      return keywords("(none)", "(null)", "(previous)", "(linear)", "(0)");
    case "more":
      return keywords(
        "FROM",
        "WHERE",
        "AND",
        "OR",
        "GROUP BY",
        "ORDER BY time DESC",
        "fill(none)",
        "LIMIT",
        "SLIMIT",
        "AS",
        "WITH KEY =",
        "tz('UTC')",
      );
  }
}

export const completionsOf = (place: Place, schema: Schema): Completion[] =>
  fitting(offered(place, schema), place.prefix);
