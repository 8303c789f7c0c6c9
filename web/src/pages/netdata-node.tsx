// The page of a Netdata node below its head: who it is, its alerts, what it can be asked, its charts.

import { netdata } from "../api/netdata";
import type { NodeState, NodeView } from "../api/types";
import { roleOn } from "../format/roles";
import { hasValues } from "../format/states";
import { ownSpaces } from "../state/session";
import { NetdataAlerts } from "../widgets/netdata-alerts";
import { NetdataFunctions } from "../widgets/netdata-functions";
import { NetdataIdentity } from "../widgets/netdata-identity";
import { Empty } from "../widgets/states";
import { usePolled } from "../widgets/use-polled";
import { NetdataCharts } from "./netdata-charts";
import { NodeCharts } from "./node-charts";

const EVERY_MS = 15_000;

export function NetdataBody({ node }: { node: NodeView }) {
  const { data: info } = usePolled(() => netdata.info(node.id), EVERY_MS, `${node.id} ${node.state}`);
  return (
    <>
      <NetdataIdentity node={node} info={info} />
      {hasValues(node.state) ? (
        <Asked node={node} />
      ) : (
        <NodeCharts node={node} empty={<Away node={node} />} />
      )}
    </>
  );
}

/** What its agent answers. */
function Asked({ node }: { node: NodeView }) {
  const role = roleOn(node, ownSpaces.value);
  const mayRun = role === "editor" || role === "admin";
  const functions = mayRun ? [{ id: "functions", title: "Functions" }] : [];
  return (
    <NetdataCharts node={node} before={[{ id: "alerts", title: "Alerts" }, ...functions]}>
      <section id="alerts" class="section" aria-labelledby="alerts-title">
        <div class="sect">
          <h2 id="alerts-title">Alerts</h2>
          <span>as the agent judges them</span>
        </div>
        <NetdataAlerts node={node.id} />
      </section>
      {mayRun && (
        <section id="functions" class="section" aria-labelledby="functions-title">
          <div class="sect">
            <h2 id="functions-title">Functions</h2>
            <span>asked of the agent at once, noted in the audit log</span>
          </div>
          <NetdataFunctions node={node.id} />
        </section>
      )}
    </NetdataCharts>
  );
}

const AWAY: Partial<Record<NodeState, string>> = {
  pending: "No charts before its first link",
  revoked: "No charts: it is revoked, and asked nothing any more",
};

/** Nothing of it lies here, and nobody answers for it. */
const Away = ({ node }: { node: NodeView }) => (
  <div class="card">
    <Empty
      title={AWAY[node.state] ?? "No charts while it is away"}
      text="Its values stay with its agent, which is asked for them when one looks. This hub keeps copies only where the settings of the space say so."
    />
  </div>
);
