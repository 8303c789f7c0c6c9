// The short histories in the node table: fetched once per range, then moved on by the live numbers.

import { signal } from "@preact/signals";
import { api } from "../api/client";
import type { Summary } from "../api/types";
import { hubNow } from "./clock";

export const POINTS = 60;
const LONGEST_S = 3600; // the hub keeps an hour of short histories
export type Values = (number | null)[];

export interface Spark {
  cpu: Values;
  net: Values;
}

const rings = new Map<string, Spark>();
let windowS = 900;
let bucket = 0;
/** Grows when all histories were replaced. */
export const replaced = signal(0);

const bucketNow = (): number => Math.floor(hubNow() / ((windowS * 1000) / POINTS));

export const sparkOf = (id: string): Spark | undefined => rings.get(id);

export async function loadSparks(seconds: number): Promise<void> {
  const window = Math.min(seconds, LONGEST_S);
  const answer = await api.sparks(window, POINTS);
  windowS = window;
  bucket = bucketNow();
  rings.clear();
  for (const [id, spark] of Object.entries(answer))
    rings.set(id, { cpu: fitted(spark.cpu), net: fitted(spark.net) });
  replaced.value += 1;
}

/** Exactly POINTS values, the newest last. */
function fitted(values: Values): Values {
  const tail = values.slice(-POINTS);
  return [...Array<null>(POINTS - tail.length).fill(null), ...tail];
}

/** Moves every history on to now and puts the newest value at its end. */
export function extendSparks(list: Summary[]): void {
  const present = bucketNow();
  const steps = Math.min(POINTS, Math.max(0, present - bucket));
  if (steps) for (const spark of rings.values()) roll(spark, steps);
  bucket = present;
  for (const summary of list) {
    const spark = rings.get(summary.id) ?? blank(summary.id);
    put(spark.cpu, summary.cpu);
    put(spark.net, summary.rx);
  }
}

function blank(id: string): Spark {
  const made = { cpu: fitted([]), net: fitted([]) };
  rings.set(id, made);
  return made;
}

function roll(spark: Spark, steps: number): void {
  for (const values of [spark.cpu, spark.net]) {
    values.splice(0, steps);
    for (let step = 0; step < steps; step += 1) values.push(null);
  }
}

function put(values: Values, value: number | null): void {
  if (value !== null) values[values.length - 1] = value;
}
