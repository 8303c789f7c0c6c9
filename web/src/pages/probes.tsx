// Probes: machines without an agent, asked by those that have one. List, add, switch off, remove.

import { useEffect } from "preact/hooks";
import "../styles/probes.css";
import { sentence } from "../format/states";
import { param, setParams } from "../state/location";
import { loadProbes, probes, probesError } from "../state/probes";
import { isAdmin, spaceName } from "../state/session";
import { Icon } from "../widgets/icon";
import { ProbeForm } from "../widgets/probe-form";
import { ProbeTable, RemoveProbe } from "../widgets/probe-table";
import { Shell } from "../widgets/shell";
import { ErrorNote, Skeleton } from "../widgets/states";

const EVERY_MS = 10_000; // agents are told with a heartbeat

export function ProbesPage() {
  useEffect(() => {
    void loadProbes();
    const timer = setInterval(() => void loadProbes(), EVERY_MS);
    return () => clearInterval(timer);
  }, []);
  const close = () => setParams({ do: "", id: "" }, true);
  const chosen = probes.value?.find((each) => each.id === param("id"));
  return (
    <Shell title="Probes" crumbs={[{ text: spaceName.value, href: "/nodes" }, { text: "Probes" }]}>
      <div class="pagehead">
        <div>
          <h1>Probes</h1>
          <p>
            Other machines, asked from yours: whether they answer, how fast, and what they say. Seen in{" "}
            <a href="/dashboards/internet">Internet Connectivity</a>.
          </p>
        </div>
        {isAdmin.value && (
          <button type="button" class="btn primary" onClick={() => setParams({ do: "add" })}>
            <Icon name="plus" />
            Add a probe
          </button>
        )}
      </div>
      <Content />
      {isAdmin.value && param("do") === "add" && <ProbeForm onClose={close} />}
      {isAdmin.value && param("do") === "edit" && chosen && (
        <ProbeForm key={chosen.id} known={chosen} onClose={close} />
      )}
      {isAdmin.value && param("do") === "remove" && chosen && <RemoveProbe each={chosen} onClose={close} />}
    </Shell>
  );
}

function Content() {
  const list = probes.value;
  if (list) return <ProbeTable list={list} />;
  if (!probesError.value) return <Skeleton what="the probes" />;
  return (
    <ErrorNote
      title="The probes could not be read"
      text={sentence(probesError.value)}
      onRetry={() => void loadProbes()}
    />
  );
}
