// What is chosen on the Connect page, as the address holds it.

import { computed, signal } from "@preact/signals";
import type { EnvironmentsView, Named } from "../api/types";
import { type Reading, readSpan } from "../format/spans";
import { duration } from "../format/times";
import { grouped } from "../format/units";
import { param } from "./location";
import { rooms } from "./rooms";

export const TTLS = [
  ["600", "10 min"],
  ["3600", "1 hour"],
  ["86400", "1 day"],
  ["604800", "1 week"],
] as const;

export const USES = [
  ["1", "1"],
  ["2", "2"],
  ["10", "10"],
  ["100", "100"],
] as const;

// As the hub's own standard settings; a hub with stricter ones says so when the line is asked for.
const TTL_S = {
  least: 60,
  most: 30 * 86_400,
  why: "whoever finds the line can join with it until it ends",
};
const MOST_USES = 1_000;

/** A machine where the agent is installed already: any token's own line, which needs no files of the hub. */
export const INSTALLED = "installed";

/** Agents of Netdata, by the ways they are claimed. */
export const NETDATA_WAYS = [
  ["netdata", "claim.conf", "An agent of 2.x on the machine itself."],
  ["netdata-script", "Script", "An agent of 1.x on the machine itself."],
  ["netdata-docker", "Docker", "One container."],
  ["netdata-compose", "Compose", "One container, from a file to keep."],
  [
    "netdata-kubernetes",
    "Kubernetes",
    "By Netdata's chart: the parent is claimed, its children are seen through it.",
  ],
] as const;

export const isNetdataEnvironment = (environment: string): boolean =>
  NETDATA_WAYS.some(([key]) => key === environment);

export interface Choices {
  environment: string;
  rooms: Named[];
  ttl: number; // seconds
  uses: number;
}

export function choices(): Choices {
  const chosen = param("rooms").toLowerCase().split(",").filter(Boolean);
  return {
    environment: param("env") || (canBe("linux") ? "linux" : INSTALLED),
    rooms: rooms.value.filter((room) => chosen.includes(room.name.toLowerCase())),
    ttl: valueOr(readTtl(`${param("ttl")} s`), 600),
    uses: valueOr(readUses(param("uses")), 1),
  };
}

/** What the hub can make ready commands for; null until it has said. */
export const offered = signal<EnvironmentsView | null>(null);

const canBe = (environment: string): boolean =>
  offered.value?.environments.some((each) => each.environment === environment && each.available) ?? true;

const valueOr = (reading: Reading, standard: number): number =>
  "value" in reading ? reading.value : standard;

export const readTtl = (text: string): Reading => readSpan(text, TTL_S);

export function readUses(text: string): Reading {
  const shown = text.trim();
  const most = `1 to ${grouped(MOST_USES)}`;
  if (!/^\d{1,9}$/.test(shown))
    return {
      error: `${shown ? `“${shown}” is no number of machines` : "Nothing is written here"}. Digits alone, ${most}.`,
    };
  const uses = Number(shown);
  if (uses < 1) return { error: `${uses} machines could not join at all. Write ${most}.` };
  if (uses > MOST_USES)
    return {
      error: `${grouped(uses)} is too many. At most ${grouped(MOST_USES)}: each one is a right to join. Make a second line for more.`,
    };
  return { value: uses };
}

export const ttlText = (ttl: number): string =>
  TTLS.find(([key]) => Number(key) === ttl)?.[1] ?? duration(ttl);

/** Fields that hold something unreadable now: no line is made until they are mended. */
const bad = signal<ReadonlySet<string>>(new Set());
export const isReadable = computed(() => bad.value.size === 0);

export function setReadable(field: string, readable: boolean): void {
  const next = new Set(bad.peek());
  if (readable) next.delete(field);
  else next.add(field);
  bad.value = next;
}
