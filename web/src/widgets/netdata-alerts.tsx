// The alerts of a Netdata node as its agent tells them: what is raised first, the rest and what changed on request.

import { useSignal } from "@preact/signals";
import { netdata } from "../api/netdata";
import type { AlertView } from "../api/types";
import { sentence } from "../format/states";
import { duration, exactly } from "../format/times";
import { digits, grouped, plural } from "../format/units";
import { now } from "../state/clock";
import { Badge, type MarkName } from "./icon";
import { usePolled } from "./use-polled";

const EVERY_MS = 10_000;
const MOST = 200; // lines at once

const MARK: Record<string, MarkName> = { critical: "crit", warning: "warn", clear: "ok" };
const RANK: Record<string, number> = { critical: 0, warning: 1, clear: 3 };
const OTHER_RANK = 2;
const statusOf = (alert: AlertView): string => alert.status.toLowerCase();
const rankOf = (alert: AlertView): number => RANK[statusOf(alert)] ?? OTHER_RANK;

export function NetdataAlerts({ node }: { node: string }) {
  const { data, error } = usePolled(() => netdata.alerts(node), EVERY_MS, node);
  const all = useSignal(false);
  if (!data)
    return error ? (
      <p class="card units soft">Alerts could not be read: {sentence(error)}</p>
    ) : (
      <p class="card units soft">Reading the alerts of this node.</p>
    );
  const alerts = [...data.alerts].sort((a, b) => rankOf(a) - rankOf(b) || b.since_s - a.since_s);
  const raised = alerts.filter((each) => rankOf(each) < OTHER_RANK);
  const shown = (all.value ? alerts : raised).slice(0, MOST);
  return (
    <section class="card strip units alerts" aria-label="Alerts">
      <div class="sum">
        <b>{plural(alerts.length, "alert")}</b>
        <span class="soft">{countsText(alerts)}</span>
      </div>
      <ul>
        {shown.map((alert) => (
          <AlertLine key={`${alert.chart} ${alert.name}`} alert={alert} />
        ))}
        {!raised.length && !all.value && <li class="quiet">No alert is raised.</li>}
        <li class="quiet">
          {alerts.length > raised.length && (
            <button
              type="button"
              class="btn small quiet"
              aria-expanded={all.value}
              onClick={() => (all.value = !all.value)}
            >
              {all.value ? "Only raised alerts" : `All: ${plural(alerts.length, "alert")}`}
            </button>
          )}
          {data.log.length > 0 && <AlertLog log={data.log} />}
        </li>
      </ul>
    </section>
  );
}

const AlertLine = ({ alert }: { alert: AlertView }) => (
  <li>
    <Badge name={MARK[statusOf(alert)] ?? "unknown"}>{wordOf(alert.status)}</Badge>
    <b title={`${alert.name} on ${alert.chart}`}>
      {alert.name} <small class="soft">{alert.chart}</small>
    </b>
    <p>
      <strong class="nowrap">{valueText(alert)}</strong> {sentence(alert.info)}{" "}
      {alert.since_s > 0 && (
        <span class="dim nowrap" title={exactly(alert.since_s * 1000)}>
          for {duration(now.value / 1000 - alert.since_s)}
        </span>
      )}
    </p>
  </li>
);

const wordOf = (status: string): string => {
  const word = status.toLowerCase().replaceAll("_", " ") || "unknown";
  return word.charAt(0).toUpperCase() + word.slice(1);
};

function valueText({ value_text, value, units }: AlertView): string {
  if (value_text) return value_text;
  return value === null ? "" : `${digits(value)} ${units}`.trim();
}

function countsText(alerts: AlertView[]): string {
  const counts = new Map<string, number>();
  for (const alert of alerts) counts.set(statusOf(alert), (counts.get(statusOf(alert)) ?? 0) + 1);
  return [...counts].map(([status, count]) => `${grouped(count)} ${status.replaceAll("_", " ")}`).join(", ");
}

/** What changed lately, newest first. */
const AlertLog = ({ log }: { log: AlertView[] }) => (
  <details class="more fold">
    <summary>{plural(log.length, "change")} of late</summary>
    <ul>
      {[...log]
        .sort((a, b) => b.since_s - a.since_s)
        .slice(0, MOST)
        .map((entry) => (
          <li key={`${entry.since_s} ${entry.chart} ${entry.name} ${entry.status}`}>
            <time>{exactly(entry.since_s * 1000)}</time> {entry.name} on {entry.chart}:{" "}
            {wordOf(entry.old_status).toLowerCase()} to {wordOf(entry.status).toLowerCase()},{" "}
            {valueText(entry)}
          </li>
        ))}
    </ul>
  </details>
);
