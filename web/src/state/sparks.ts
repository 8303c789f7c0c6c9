// The short histories in the node table: asked for once per range and node, when its row comes near the screen, then moved on by the live numbers.

import { signal } from "@preact/signals";
import { api } from "../api/client";
import type { Summary } from "../api/types";
import { hubNow } from "./clock";
import { newest } from "./newest";

export const POINTS = 60;
const LONGEST_S = 3600; // the hub keeps an hour of short histories
const MOST_NODES = 100; // that the hub lets one name
const GATHER_MS = 50; // rows that come while the page is scrolled are asked for together
export type Values = (number | null)[];

export interface Spark {
  cpu: Values;
  net: Values;
}

const rings = new Map<string, Spark>();
let windowS = 900;
let bucket = 0;
/** Grows when histories were replaced. */
export const replaced = signal(0);

let shown: string[] = [];
const asked = new Set<string>();
const wanted = new Set<string>();
let timer = 0;
const rangeChanged = newest();
let isCurrent = rangeChanged();

const bucketNow = (): number => Math.floor(hubNow() / ((windowS * 1000) / POINTS));

export const sparkOf = (id: string): Spark | undefined => rings.get(id);

/** From here on histories go over so many seconds. */
export function setSparkRange(seconds: number): void {
  windowS = Math.min(seconds, LONGEST_S);
  bucket = bucketNow();
  isCurrent = rangeChanged();
  rings.clear();
  asked.clear();
  wanted.clear();
  replaced.value = replaced.peek() + 1; // an effect that sets the range would else follow every answer
  showSparks(shown);
}

/** Rows of these nodes are drawn. */
export function showSparks(ids: string[]): void {
  shown = ids;
  for (const id of ids) if (!asked.has(id)) wanted.add(id);
  if (wanted.size && !timer) timer = window.setTimeout(load, GATHER_MS);
}

function load(): void {
  timer = 0;
  const ids = [...wanted].slice(0, MOST_NODES);
  if (!ids.length) return; // the rows went, and naming none would ask for all nodes
  for (const id of ids) {
    wanted.delete(id);
    asked.add(id);
  }
  if (wanted.size) timer = window.setTimeout(load, GATHER_MS);
  const isStill = isCurrent;
  api
    .sparks(ids, windowS, POINTS)
    .then((answer) => {
      if (!isStill()) return;
      for (const [id, spark] of Object.entries(answer))
        rings.set(id, { cpu: fitted(spark.cpu), net: fitted(spark.net) });
      replaced.value += 1;
    })
    .catch(() => {
      for (const id of ids) asked.delete(id); // the table works without; the next rows ask again
    });
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
