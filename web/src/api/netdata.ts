// What the hub knows and asks of a Netdata agent: contexts, live values, alerts, functions, itself.

import { call, get } from "./client";
import type { AlertsView, ChartData, ContextsView, FunctionsView, FunctionTable, InfoView } from "./types";

export interface ContextRange {
  context: string;
  after: number; // seconds since 1970
  before: number;
  points: number;
  instances?: boolean; // each by itself: of several disks, a line for each
}

const base = (node: string): string => `/nodes/${encodeURIComponent(node)}/netdata`;

export const dataPath = (node: string, { context, after, before, points, instances }: ContextRange): string =>
  `${base(node)}/data?context=${encodeURIComponent(context)}&after=${after}&before=${before}&points=${points}${instances ? "&instances=1" : ""}`;

export const netdata = {
  contexts: (node: string) => get<ContextsView>(`${base(node)}/contexts`),
  data: (node: string, range: ContextRange) => get<ChartData>(dataPath(node, range)),
  alerts: (node: string) => get<AlertsView>(`${base(node)}/alerts`),
  info: (node: string) => get<InfoView>(`${base(node)}/info`),
  functions: (node: string) => get<FunctionsView>(`${base(node)}/functions`),
  run: (node: string, name: string, timeout_s: number) =>
    call<FunctionTable>("POST", `${base(node)}/function`, { name, timeout_s }),
};
