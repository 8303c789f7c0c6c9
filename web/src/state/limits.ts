// The finer choices of the Connect page, as the address holds them: how far a token goes, and how its line is made.

import type { Reading } from "../format/spans";
import { readSpan } from "../format/spans";
import { duration } from "../format/times";
import { param } from "./location";

export interface Limits {
  labels: Record<string, string>;
  networks: string[];
  hosts: string[];
  per_hour: number;
  ephemeral_s: number;
  description: string;
  proxy: string;
  url: string;
}

const EPHEMERAL = { least: 60, most: 365 * 86_400, why: "a node that stays away longer is better permanent" };
const MOST_PER_HOUR = 10_000;

/** Several things in one field, apart by commas or spaces. */
export const wordsOf = (text: string): string[] => text.split(/[\s,]+/).filter(Boolean);

const LABEL_KEY = /^[a-z0-9]([a-z0-9._/-]{0,61}[a-z0-9])?$/;
const LABEL_VALUE = /^[^\n]{1,100}$/;
export const isLabelKey = (text: string): boolean => LABEL_KEY.test(text);

const labelPairs = (text: string): [key: string, value: string][] =>
  text
    .split(/[,\n]/)
    .map((part) => part.trim())
    .filter(Boolean)
    .map((part) => [part.split("=")[0]?.trim() ?? "", part.slice(part.indexOf("=") + 1).trim()]);

/** Labels as people write them: site=berlin, role=edge. What is none is left out here; `checkLabels` refuses it. */
export const labelsOf = (text: string): Record<string, string> =>
  Object.fromEntries(labelPairs(text).filter(([key, value]) => isLabelKey(key) && value));

export const labelsText = (labels: Record<string, string>): string =>
  Object.entries(labels)
    .map(([key, value]) => `${key}=${value}`)
    .join(", ");

export function checkLabels(text: string): string {
  const parts = text.split(/[,\n]/).filter((part) => part.trim());
  const wrong = parts.find((part) => {
    const [pair] = labelPairs(part);
    return !part.includes("=") || !pair || !isLabelKey(pair[0]) || !LABEL_VALUE.test(pair[1]);
  });
  return wrong
    ? `“${wrong.trim()}” is no label. A key in small letters and a value: site=berlin, role=edge.`
    : "";
}

export function checkNetworks(text: string): string {
  const wrong = wordsOf(text).find((word) => !/^[0-9a-f.:]+(\/\d{1,3})?$/i.test(word));
  return wrong ? `“${wrong}” is no network. An address and a length: 10.20.0.0/16, fd00:20::/32.` : "";
}

const errorOf = (reading: Reading): string => ("error" in reading ? reading.error : "");
const readAway = (text: string): Reading => readSpan(text, EPHEMERAL);
export const checkAway = (text: string): string => (text.trim() ? errorOf(readAway(text)) : "");

export function checkPerHour(text: string): string {
  if (!text.trim()) return "";
  const fits = /^\d{1,5}$/.test(text.trim()) && Number(text) >= 1 && Number(text) <= MOST_PER_HOUR;
  return fits ? "" : `“${text.trim()}” is no number of machines. Digits alone, 1 to ${MOST_PER_HOUR}.`;
}

export function limits(): Limits {
  const away = readAway(param("away"));
  return {
    labels: labelsOf(param("labels")),
    networks: wordsOf(param("networks")),
    hosts: wordsOf(param("hosts")),
    per_hour: checkPerHour(param("hourly")) ? 0 : Number(param("hourly")),
    ephemeral_s: "value" in away ? away.value : 0,
    description: param("about"),
    proxy: param("proxy"),
    url: param("url"),
  };
}

/** What is limited beyond time and number, in words; empty when nothing is. */
export function limitsText(given: Omit<Limits, "labels" | "description" | "proxy" | "url">): string {
  const said = [
    given.networks.length && `from ${given.networks.join(" or ")}`,
    given.hosts.length && `called ${given.hosts.join(" or ")}`,
    given.per_hour && `at most ${given.per_hour} in any hour`,
    given.ephemeral_s && `leaving the list ${duration(given.ephemeral_s)} after they were last heard`,
  ];
  return said.filter(Boolean).join(", ");
}
