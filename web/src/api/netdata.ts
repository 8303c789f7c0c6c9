// What the hub knows and asks of a Netdata agent: contexts, live values, alerts, functions, itself.

import { call, get } from "./client";

export interface NetdataContext {
  id: string; // system.cpu
  title: string;
  units: string;
  family: string;
  chart_type: string; // line, area, stacked
  priority: number;
  first_s: number;
  last_s: number; // the newest value of one that is collected no more; 0 while it is
  live: boolean;
}

/** Columns of values beside their times, oldest first; null where there is a gap. */
export interface NetdataData {
  labels: string[];
  times: number[]; // seconds since 1970
  values: (number | null)[][];
  update_every_s: number;
}

export interface NetdataAlert {
  name: string;
  chart: string;
  context: string;
  status: string; // clear, warning, critical, undefined …
  old_status: string;
  value: number | null;
  value_text: string;
  since_s: number;
  info: string;
  class: string;
  recipient: string;
  units: string;
}

export interface NetdataFunction {
  name: string;
  help: string;
  tags: string;
  access: string;
}

export type NetdataCell = string | number | boolean | null;

export interface NetdataTable {
  columns: string[];
  rows: NetdataCell[][];
}

export interface NetdataNamed {
  id: string;
  name: string;
}

/** Itself, as the agent told it. */
export interface NetdataInfo {
  claim_id: string;
  machine_guid: string;
  version: string;
  hops: number; // 0: it holds the link itself
  parent: NetdataNamed | null;
  children: NetdataNamed[];
  labels: Record<string, string>;
  collectors: { plugin: string; module: string }[];
  capabilities: { name: string; version: number; enabled: boolean }[];
}

export interface NetdataRange {
  context: string;
  after: number; // seconds since 1970
  before: number;
  points: number;
}

const base = (node: string): string => `/nodes/${encodeURIComponent(node)}/netdata`;

export const dataPath = (node: string, { context, after, before, points }: NetdataRange): string =>
  `${base(node)}/data?context=${encodeURIComponent(context)}&after=${after}&before=${before}&points=${points}`;

export const netdata = {
  contexts: (node: string) => get<{ contexts: NetdataContext[] }>(`${base(node)}/contexts`),
  data: (node: string, range: NetdataRange) => get<NetdataData>(dataPath(node, range)),
  alerts: (node: string) => get<{ alerts: NetdataAlert[]; log: NetdataAlert[] }>(`${base(node)}/alerts`),
  info: (node: string) => get<NetdataInfo>(`${base(node)}/info`),
  functions: (node: string) => get<{ functions: NetdataFunction[] }>(`${base(node)}/functions`),
  run: (node: string, name: string, timeout_s: number) =>
    call<NetdataTable>("POST", `${base(node)}/function`, { name, timeout_s }),
};
