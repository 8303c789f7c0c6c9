// Rules of rooms in words and on the command line, and the texts people write them as.

import type { RoomRule } from "../api/types";
import { repeated } from "./shell";

export const isEmpty = (rule: RoomRule): boolean =>
  !Object.keys(rule.labels).length && !rule.hosts.length && !rule.networks.length;

const labelsOf = (rule: RoomRule): string[] =>
  Object.entries(rule.labels).map(([key, value]) => `${key}=${value}`);

/** "host web-* or www-*, from 10.0.0.0/8, label site=berlin" */
export function ruleText(rule: RoomRule): string {
  const parts = [
    rule.hosts.length && `host ${rule.hosts.join(" or ")}`,
    rule.networks.length && `from ${rule.networks.join(" or ")}`,
    ...labelsOf(rule).map((label) => `label ${label}`),
  ];
  return parts.filter(Boolean).join(", ");
}

export const ruleOptions = (rule: RoomRule): string[] => [
  ...repeated("--label", labelsOf(rule)),
  ...repeated("--host", rule.hosts),
  ...repeated("--network", rule.networks),
];

/** A rule as it is typed: words divided by commas or spaces. */
export interface RuleTexts {
  labels: string;
  hosts: string;
  networks: string;
}

export const textsOf = (rule: RoomRule | null): RuleTexts => ({
  labels: rule ? labelsOf(rule).join(", ") : "",
  hosts: rule?.hosts.join(", ") ?? "",
  networks: rule?.networks.join(", ") ?? "",
});

const words = (text: string): string[] => text.split(/[\s,]+/).filter(Boolean);

export function ruleOf(texts: RuleTexts): RoomRule {
  const pairs = words(texts.labels).map((label): [string, string] => {
    const at = label.indexOf("=");
    return at < 0 ? [label, ""] : [label.slice(0, at), label.slice(at + 1)];
  });
  return {
    labels: Object.fromEntries(pairs),
    hosts: words(texts.hosts),
    networks: words(texts.networks),
  };
}

/** What is wrong with labels as they are typed; "" when nothing is. */
export function labelsFault(text: string): string {
  const lone = words(text).find((label) => !/^[^=]+=.+$/.test(label));
  return lone ? `“${lone}” is no label. Write key=value, as site=berlin.` : "";
}
