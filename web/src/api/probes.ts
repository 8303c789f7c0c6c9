// Calls about probes: what agents ask of other machines.

import { call, get } from "./client";

export interface PingProbe {
  kind: "ping";
  url: string;
  interval_s: number;
}

export interface DnsProbe {
  kind: "dns_query";
  server: string;
  domain: string;
  record_type: string;
  interval_s: number;
}

export interface HttpProbe {
  kind: "http_response";
  url: string;
  match?: string;
  interval_s: number;
}

export type Probe = PingProbe | DnsProbe | HttpProbe;

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

export interface TriedProbe {
  name: string;
  points: { measurement: string; fields: Record<string, number | boolean | string> }[];
  fault: string;
}

const of = (space: string, ...more: string[]): string =>
  ["/spaces", space, "probes", ...more].map((part, at) => (at ? encodeURIComponent(part) : part)).join("/");

export const probesApi = {
  list: (space: string) => get<ProbeView[]>(of(space)),
  add: (space: string, probe: Probe, nodes: string[]) =>
    call<ProbeView>("POST", of(space), { probe, nodes, rooms: [] }),
  test: (space: string, probe: Probe, node: string) =>
    call<TriedProbe>("POST", of(space, "test"), { probe, node }),
  turn: (space: string, id: string, enabled: boolean) => call<ProbeView>("PATCH", of(space, id), { enabled }),
  remove: (space: string, id: string) => call<void>("DELETE", of(space, id)),
};
