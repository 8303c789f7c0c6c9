// Calls about probes: what agents ask of other machines.

import { call, get } from "./client";

export interface PingProbe {
  kind: "ping";
  url: string;
  interval_s: number;
  timeout_s?: number;
  count?: number;
  ip?: "" | "4" | "6";
}

export interface DnsProbe {
  kind: "dns_query";
  server: string;
  domain: string;
  record_type: string;
  network?: "udp" | "tcp";
  port?: number;
  interval_s: number;
  timeout_s?: number;
}

export interface HttpProbe {
  kind: "http_response";
  url: string;
  method?: "GET" | "HEAD";
  match?: string;
  status?: number; // the only good one; 0: any
  follow_redirects?: boolean;
  verify?: boolean;
  interval_s: number;
  timeout_s?: number;
}

export type Probe = PingProbe | DnsProbe | HttpProbe;
export type ProbeKind = Probe["kind"];

interface Named {
  id: string;
  name: string;
}

/** A node that runs a probe, and why it does not yet. */
interface Runner {
  node: string;
  name: string;
  fault: string;
}

export interface ProbeView {
  id: string;
  probe: Probe;
  nodes: Named[];
  rooms: Named[];
  enabled: boolean;
  created_ns: number;
  runners: Runner[];
}

/** One time that a node asked; `code` 0 is good. */
export interface Run {
  time_ns: number;
  code: number;
  ms: number | null; // null: there was no answer
  answer: string; // a page's status, a name server's code
  lost_percent: number | null;
}

/** The last runs of a probe, oldest first, by each of some nodes. */
export interface ProbeRuns {
  probe: string;
  nodes: { node: string; name: string; runs: Run[] }[];
  more: number; // nodes that are not among these
}

export interface TriedProbe {
  name: string;
  points: { measurement: string; fields: Record<string, number | boolean | string> }[];
  fault: string;
}

const of = (space: string, ...more: string[]): string =>
  ["/spaces", space, "probes", ...more].map((part, at) => (at ? encodeURIComponent(part) : part)).join("/");

export const probesApi = {
  list: (space: string) => get<ProbeView[]>(of(space)),
  runs: (space: string) => get<ProbeRuns[]>(of(space, "runs")),
  add: (space: string, probe: Probe, nodes: string[], rooms: string[]) =>
    call<ProbeView>("POST", of(space), { probe, nodes, rooms }),
  edit: (space: string, id: string, probe: Probe, nodes: string[], rooms: string[]) =>
    call<ProbeView>("PATCH", of(space, id), { probe, nodes, rooms }),
  test: (space: string, probe: Probe, node: string) =>
    call<TriedProbe>("POST", of(space, "test"), { probe, node }),
  turn: (space: string, id: string, enabled: boolean) => call<ProbeView>("PATCH", of(space, id), { enabled }),
  remove: (space: string, id: string) => call<void>("DELETE", of(space, id)),
};
