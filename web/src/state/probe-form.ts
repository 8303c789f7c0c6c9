// What is typed of a probe, as the probe it becomes and as the command that does the same. Defaults are left out of both.

import type { Probe, ProbeView } from "../api/probes";
import { commandLine } from "../format/shell";

export type Kind = Probe["kind"];

export interface Typed {
  kind: Kind;
  target: string;
  intervalS: number;
  timeoutS: number | null; // null: what fits the interval
  count: number;
  ip: "" | "4" | "6";
  domain: string;
  recordType: string;
  network: "udp" | "tcp";
  port: number;
  method: "GET" | "HEAD";
  match: string;
  status: number; // 0: any
  follow: boolean;
  verify: boolean;
}

/** Who runs it; of neither any: the hub's own agent. The space's id among the rooms means all nodes. */
export interface Runners {
  nodes: string[];
  rooms: string[];
}

export const RECORD_TYPES = ["A", "AAAA", "ANY", "CNAME", "MX", "NS", "PTR", "SOA", "SPF", "SRV", "TXT"];
const USUAL_S: Record<Kind, number> = { ping: 1, dns_query: 2, http_response: 5 };
const WORDS: Record<Kind, string> = { ping: "ping", dns_query: "dns", http_response: "http" };
export const EVERY_S: Record<Kind, number> = { ping: 15, dns_query: 60, http_response: 60 };

export const emptyProbe = (kind: Kind, target = ""): Typed => ({
  ...{ kind, target, intervalS: EVERY_S[kind], timeoutS: null, count: 1, ip: "" },
  ...{ domain: "", recordType: "", network: "udp", port: 53 },
  ...{ method: "GET", match: "", status: 0, follow: false, verify: true },
});

/** A probe as it was typed. */
export function typedOf(probe: Probe): Typed {
  const { kind, interval_s, timeout_s } = probe;
  const empty = emptyProbe(kind, kind === "dns_query" ? probe.server : probe.url);
  const typed = {
    ...empty,
    intervalS: interval_s,
    timeoutS: timeout_s === undefined || timeout_s === USUAL_S[kind] ? null : timeout_s,
  };
  if (probe.kind === "ping") return { ...typed, count: probe.count ?? 1, ip: probe.ip ?? "" };
  if (probe.kind === "dns_query") {
    const { domain, record_type, network = "udp", port = 53 } = probe;
    const isRoot = domain === "." && record_type === "NS";
    return { ...typed, domain: isRoot ? "" : domain, recordType: isRoot ? "" : record_type, network, port };
  }
  const { method = "GET", match = "", status = 0, follow_redirects: follow = false, verify = true } = probe;
  return { ...typed, method, match, status, follow, verify };
}

/** Without a domain: who serves the root. With one alone: its address. */
const asked = ({ domain, recordType }: Typed) => ({
  domain: domain.trim() || ".",
  record_type: recordType || (domain.trim() ? "A" : "NS"),
});

export function probeOf(typed: Typed): Probe {
  const target = typed.target.trim();
  const common = {
    interval_s: typed.intervalS,
    ...(typed.timeoutS !== null && { timeout_s: typed.timeoutS }),
  };
  if (typed.kind === "ping")
    return {
      ...{ kind: typed.kind, url: target, ...common },
      ...(typed.count !== 1 && { count: typed.count }),
      ...(typed.ip && { ip: typed.ip }),
    };
  if (typed.kind === "dns_query")
    return {
      ...{ kind: typed.kind, server: target, ...asked(typed), ...common },
      ...(typed.network !== "udp" && { network: typed.network }),
      ...(typed.port !== 53 && { port: typed.port }),
    };
  return { ...{ kind: typed.kind, url: target, ...common }, ...ofPage(typed) };
}

/** What a page has to keep to. */
const ofPage = ({ method, match, status, follow, verify }: Typed) => ({
  ...(method !== "GET" && { method }),
  ...(match && { match }),
  ...(status && { status }),
  ...(follow && { follow_redirects: true }),
  ...(!verify && { verify }),
});

/** 90 is 90s, 120 is 2m. */
export function spanText(seconds: number): string {
  if (seconds % 3600 === 0) return `${seconds / 3600}h`;
  return seconds % 60 === 0 ? `${seconds / 60}m` : `${seconds}s`;
}

/** An option with its value, where it is not the default. */
const given = (name: string, value: string | number, usual: string | number): string[] =>
  value === usual ? [] : [name, String(value)];

/** Each option of the command, as it would be given for what is typed. */
function options(typed: Typed): Record<string, string[]> {
  const common = {
    interval: ["--interval", spanText(typed.intervalS)],
    timeout: typed.timeoutS === null ? [] : ["--timeout", `${typed.timeoutS}s`],
  };
  if (typed.kind === "ping")
    return { ...common, count: given("--count", typed.count, 1), ip: given("--ip", typed.ip, "") };
  if (typed.kind === "dns_query") {
    const { domain, record_type } = asked(typed);
    return {
      ...{ domain: ["--domain", domain], type: ["--record-type", record_type], ...common },
      network: given("--network", typed.network, "udp"),
      port: given("--port", typed.port, 53),
    };
  }
  return {
    ...common,
    method: given("--method", typed.method, "GET"),
    match: given("--match", typed.match, ""),
    status: given("--status", typed.status, 0),
    follow: typed.follow ? ["--follow"] : [],
    verify: typed.verify ? [] : ["--no-verify"],
  };
}

/** `names` are those of the nodes and rooms that run it. */
export function addCommand(typed: Typed, names: Runners): string {
  const target = typed.target.trim() || "TARGET";
  const given = Object.values(options(typed)).flat();
  return commandLine("muster", "probe", "add", WORDS[typed.kind], target, ...given, ...runnersOf(names));
}

/** Only what has changed. An option that was taken back is given with its default. */
export function setCommand(before: ProbeView, typed: Typed, names: Runners): string {
  const [was, now] = [options(typedOf(before.probe)), options(typed)];
  const changed = Object.entries(now).flatMap(([key, given]) =>
    given.join("\n") === was[key]?.join("\n")
      ? []
      : given.length
        ? given
        : (BACK[key] ?? ["--timeout", `${USUAL_S[typed.kind]}s`]),
  );
  const target = typed.target.trim();
  const moved = target === typedOf(before.probe).target ? [] : ["--target", target || "TARGET"];
  const own = { nodes: before.nodes.map(({ name }) => name), rooms: before.rooms.map(({ name }) => name) };
  const same = JSON.stringify(own) === JSON.stringify(names);
  const runners = same ? [] : names.nodes.length + names.rooms.length ? runnersOf(names) : ["--by-hub"];
  return commandLine("muster", "probe", "set", before.id, ...moved, ...changed, ...runners);
}

const BACK: Record<string, string[]> = {
  ...{ count: ["--count", "1"], ip: ["--ip", "any"], network: ["--network", "udp"], port: ["--port", "53"] },
  ...{ method: ["--method", "GET"], match: ["--match", ""], status: ["--status", "0"] },
  ...{ follow: ["--no-follow"], verify: ["--verify"] },
};

const runnersOf = ({ nodes, rooms }: Runners): string[] => [
  ...nodes.flatMap((name) => ["--node", name]),
  ...rooms.flatMap((name) => ["--room", name]),
];
