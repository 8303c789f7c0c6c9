// What a database holds, for completion: asked when the cursor first wants it, kept while the page lives.

import { type Signal, signal, untracked } from "@preact/signals";
import { spaceOracle } from "../api/dashboards";
import type { PanelQuery } from "../api/types";
import { quotedName } from "../format/influxql";
import { NS_PER_MS } from "../format/times";
import { asks } from "./asks";
import { NO_QUERY } from "./board-defaults";
import type { Place, Schema } from "./completion";
import { alsoForget } from "./forget";
import { edges } from "./range";
import { spaceId } from "./session";

const MOST = 1_000;
const RANK = -2; // somebody waits with a hand on the keyboard
const known = new Map<string, Signal<string[]>>();
export const NOTHING: string[] = [];

/** What was asked under this name, once it has come; a failure offers nothing: one can write on without. */
export function kept(name: string[], ask: () => Promise<string[]>): string[] {
  const key = JSON.stringify([spaceId.peek(), ...name]);
  let found = known.get(key);
  if (!found) {
    found = signal(NOTHING);
    known.set(key, found);
    const target = found;
    const put = (values: string[]) => {
      target.value = values;
    };
    untracked(() => queueMicrotask(() => void ask().then(put, () => {})));
  }
  return found.value;
}

/** The column of an answer to SHOW. */
const column = (database: string, text: string, name: string): string[] =>
  kept([database, text], () => asked({ ...NO_QUERY, text, database }, name));

function asked(query: PanelQuery, name: string): Promise<string[]> {
  const { fromMs, toMs } = edges();
  const range = { from_ns: Math.round(fromMs) * NS_PER_MS, to_ns: Math.round(toMs) * NS_PER_MS };
  const oracle = spaceOracle(spaceId.peek());
  return asks
    .ask((stop) => oracle.panel({ queries: [query], ...range }, stop), new AbortController().signal, RANK)
    .then(({ answers }) => {
      const columns = answers.flatMap((answer) => answer.series.flatMap((series) => series.columns));
      const own = columns.filter((each) => each.name === name);
      return [...new Set(own.flatMap((each) => each.values.map(String)))];
    });
}

export const databases = (): string[] => column("", "SHOW DATABASES", "name");

/** Only what the place wants is asked. */
export const schemaFor =
  (database: string) =>
  (place: Place): Schema => {
    const from = place.measurement ? ` FROM ${quotedName(place.measurement)}` : "";
    const wants = (...kinds: Place["wanted"][]) => kinds.includes(place.wanted);
    const of = (on: boolean, text: string, name: string) => (on ? column(database, text, name) : NOTHING);
    const named = wants("select", "condition") && from !== "";
    const tagged = wants("select", "condition", "group", "tag") && (from !== "" || place.wanted === "tag");
    const values = wants("value") && place.tag !== "" && place.tag.toLowerCase() !== "time";
    return {
      databases: wants("database") ? databases() : NOTHING,
      measurements: of(wants("measurement"), `SHOW MEASUREMENTS LIMIT ${MOST}`, "name"),
      fields: of(named, `SHOW FIELD KEYS${from}`, "fieldKey"),
      tags: of(tagged, `SHOW TAG KEYS${from}`, "tagKey"),
      values: of(values, `SHOW TAG VALUES${from} WITH KEY = ${quotedName(place.tag)} LIMIT ${MOST}`, "value"),
    };
  };

alsoForget(() => known.clear());
