// Calls about dashboards, their panels and variables, and about InfluxQL written by hand. Format: docs/formats/dashboard.md

import { call, get } from "./client";
import type {
  Dashboard,
  DashboardRow,
  DashboardView,
  ExportView,
  ImportedView,
  LinkView,
  NewLinkView,
  PanelAnswer,
  PanelAsk,
  PublicView,
  SavedView,
  VariableAsk,
  VariableValues,
} from "./types";

const QUERY_MS = 60_000; // the hub stops a query before that
const LINK = "X-Muster-Link";
const id = encodeURIComponent;

export const dashboards = {
  list: (space: string) => get<DashboardRow[]>(`/spaces/${id(space)}/dashboards`),
  one: (space: string, name: string) => get<DashboardView>(`/spaces/${id(space)}/dashboards/${id(name)}`),
  /** `etag` empty: it must be new. Errors: ApiError 412 changed_meanwhile, 409. */
  save: (space: string, dashboard: Dashboard, etag: string) =>
    call<SavedView>("PUT", `/spaces/${id(space)}/dashboards/${id(dashboard.id)}`, dashboard, {
      headers: etag ? { "If-Match": etag } : {},
    }),
  remove: (space: string, name: string) =>
    call<unknown>("DELETE", `/spaces/${id(space)}/dashboards/${id(name)}`),
  exported: (space: string, name: string, format: "toml" | "grafana") =>
    call<ExportView>("POST", `/spaces/${id(space)}/dashboards/${id(name)}/export`, { format }),
  imported: (space: string, text: string) =>
    call<ImportedView>("POST", `/spaces/${id(space)}/dashboards/import`, { text }),
  links: (space: string, name: string) =>
    get<LinkView[]>(`/spaces/${id(space)}/dashboards/${id(name)}/links`),
  makeLink: (space: string, dashboard: string, name: string, days: number) =>
    call<NewLinkView>("POST", `/spaces/${id(space)}/dashboards/${id(dashboard)}/links`, { name, days }),
  revokeLink: (space: string, dashboard: string, link: string) =>
    call<unknown>("DELETE", `/spaces/${id(space)}/dashboards/${id(dashboard)}/links/${id(link)}`),
};

/** Whoever answers panels and variables: a space for people who are signed in, or a public link. */
export interface Oracle {
  panel: (ask: PanelAsk, signal: AbortSignal) => Promise<PanelAnswer>;
  variable: (ask: VariableAsk, signal: AbortSignal) => Promise<VariableValues>;
}

export const spaceOracle = (space: string): Oracle => ({
  panel: (ask, signal) =>
    call<PanelAnswer>("POST", `/spaces/${id(space)}/influx/query`, ask, { signal, timeoutMs: QUERY_MS }),
  variable: (ask, signal) =>
    call<VariableValues>("POST", `/spaces/${id(space)}/influx/variable`, ask, {
      signal,
      timeoutMs: QUERY_MS,
    }),
});

/** The token is a secret: it goes in a header, never into an address. */
export const linkOracle = (token: string): Oracle => {
  const options = (signal: AbortSignal) => ({ signal, timeoutMs: QUERY_MS, headers: { [LINK]: token } });
  return {
    panel: ({ from_ns, to_ns, width_px = 800, variables = {}, panel = "" }, signal) =>
      call<PanelAnswer>(
        "POST",
        "/public/query",
        { from_ns, to_ns, width_px, variables, panel },
        options(signal),
      ),
    variable: ({ from_ns, to_ns, variables = {}, variable }, signal) =>
      call<VariableValues>(
        "POST",
        `/public/variables/${id(variable?.name ?? "")}`,
        { from_ns, to_ns, variables },
        options(signal),
      ),
  };
};

export const publicDashboard = (token: string) =>
  call<PublicView>("GET", "/public/dashboard", undefined, { headers: { [LINK]: token } });
