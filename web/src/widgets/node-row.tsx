// One row of the node table. Each cell reads its own signals, so a new value redraws one cell and moves nothing.

import type { NodeView, Summary } from "../api/types";
import { Sparkline } from "../charts/sparkline";
import { type Cause, causeOf, hasValues, heat, LIMITS } from "../format/states";
import { duration, exactly, toMs } from "../format/times";
import { percent, plural, withUnit } from "../format/units";
import { nodeAddress } from "../routes";
import { now } from "../state/clock";
import { isMedium } from "../state/media";
import { lastSeenNs, summaryOf } from "../state/nodes";
import { isAdmin } from "../state/session";
import { replaced, sparkOf } from "../state/sparks";
import { Button, Meter } from "./controls";
import { helpWith } from "./help";
import { Badge } from "./icon";
import { lifeOf } from "./life";
import { memo } from "./memo";
import { ask, NodeMenu } from "./node-deeds";
import { rangeParams } from "./places";

interface RowProps {
  node: NodeView;
  index: number;
  current: boolean;
}

export const NodeRow = memo(function NodeRow({ node, index, current }: RowProps) {
  return (
    <tr class={`${node.state}${current ? " current" : ""}`} aria-rowindex={index + 2} data-id={node.id}>
      <td class="c-state">
        <Badge name={node.state} />
      </td>
      <th scope="row" class="name">
        <a href={nodeAddress(node.id, rangeParams())}>{node.name}</a>
        <small title={aboutOf(node)}>{aboutOf(node)}</small>
      </th>
      <td class="c-link">
        <span class="nowrap">{dialectOf(node)}</span>
        <span class="sub">{linkOf(node)}</span>
      </td>
      <HeardCell node={node} />
      {hasValues(node.state) ? <Numbers node={node} /> : <CauseCell node={node} />}
      <td class="c-more">
        <NodeMenu node={node} />
      </td>
    </tr>
  );
});

export function aboutOf(node: NodeView): string {
  if (node.renamed_from) return `renamed, ${node.renamed_from} was taken`;
  const { os, cores } = node.facts;
  const short = os.replace(/\s*\(.*\)$/, "").replace(/ GNU\/Linux/, "");
  const parts = [short, cores ? plural(cores, "core") : ""].filter(Boolean).join(", ");
  return node.local ? `${parts} · this hub` : parts;
}

const dialectOf = ({ link }: NodeView): string =>
  link.dialect.charAt(0).toUpperCase() + link.dialect.slice(1);

function linkOf(node: NodeView): string {
  if (node.state === "revoked") return "cut";
  if (node.state === "pending") return `${node.link.mode}, waiting`;
  return [node.link.mode, node.link.tls && `m${node.link.tls.replace(/^m?(TLS)v?\s*/i, "TLS ")}`]
    .filter(Boolean)
    .join(", ");
}

function HeardCell({ node }: { node: NodeView }) {
  const seen = lastSeenNs(node);
  const late = node.state === "stale";
  const text = seen ? duration((now.value - toMs(seen)) / 1000) : "never";
  return (
    <td class={`c-heard num nowrap ${late ? "warmv" : "soft"}`} title={seen ? exactly(toMs(seen)) : ""}>
      {text}
    </td>
  );
}

function Numbers({ node }: { node: NodeView }) {
  const summary = summaryOf(node.id).value;
  const stale = node.state === "stale";
  return (
    <>
      <td class="c-cpu">
        <Value kind="cpu" label="CPU" value={summary?.cpu ?? null}>
          <History id={node.id} kind="cpu" dim={stale} />
        </Value>
      </td>
      <td class="c-memory">
        <Value kind="memory" label="Mem" value={summary?.memory ?? null} />
      </td>
      <td class="c-disk">
        <Value kind="disk" label="Disk" value={summary?.disk ?? null} />
        <span class="sub c-path">{summary?.disk_path}</span>
      </td>
      <td class="c-net">
        <Traffic id={node.id} summary={summary} dim={stale} />
      </td>
      <td class="c-cred">
        <CredentialCell node={node} />
      </td>
    </>
  );
}

interface ValueProps {
  kind: "cpu" | "memory" | "disk";
  label: string;
  value: number | null;
  children?: preact.ComponentChildren;
}

function Value({ kind, label, value, children }: ValueProps) {
  const level = heat(kind, value);
  const limit = level ? `Past its limit of ${LIMITS[kind][level === "warn" ? 0 : 1]} %` : undefined;
  const tone = level === "crit" ? "hot" : level === "warn" ? "warmv" : "";
  return (
    <div class="val" title={limit}>
      {children}
      <b class={tone} data-k={label}>
        {percent(value)}
      </b>
      {value !== null && <Meter value={value} heat={level} />}
    </div>
  );
}

function History({ id, kind, dim }: { id: string; kind: "cpu" | "net"; dim: boolean }) {
  // Histories are plain arrays: they are drawn anew when all were replaced and with each new value of the node.
  replaced.value;
  summaryOf(id).value;
  const spark = sparkOf(id);
  if (!spark) return <span class="spark" />;
  return kind === "cpu" ? (
    <Sparkline values={spark.cpu} max={100} dim={dim} />
  ) : (
    <Sparkline values={spark.net} width={44} dim={dim} />
  );
}

function Traffic({ id, summary, dim }: { id: string; summary: Summary | null; dim: boolean }) {
  return (
    <div class="val">
      <History id={id} kind="net" dim={dim} />
      <span class="nowrap">
        <span class="vh">in</span>
        {withUnit("bytes_s", summary?.rx ?? null, 2)}
        <span class="sub">{withUnit("bytes_s", summary?.tx ?? null, 2)} out</span>
      </span>
    </div>
  );
}

function CredentialCell({ node }: { node: NodeView }) {
  const life = lifeOf(node.credential, now.value);
  if (!node.credential || !life) return <span class="dim">none</span>;
  const tone = life.expired ? "hot" : life.late ? "warmv" : node.state === "stale" ? "dim" : "soft";
  return (
    <div class="cred" title={`Expires ${exactly(toMs(node.credential.not_after_ns))}`}>
      <span class={`${tone} nowrap`}>{life.text}</span>
      <Meter value={life.left * 100} heat={life.expired ? "crit" : life.late ? "warn" : ""} />
    </div>
  );
}

function CauseCell({ node }: { node: NodeView }) {
  const cause: Cause = causeOf(node, now.value);
  return (
    <td class="cause c-cause" colSpan={isMedium.value ? 4 : 5}>
      <div>
        <p>
          <b>{cause.head}</b> {cause.rest}
        </p>
        <NextStep node={node} />
      </div>
    </td>
  );
}

function NextStep({ node }: { node: NodeView }) {
  if (node.state === "offline")
    return (
      <Button small onClick={() => helpWith("offline", node.name)}>
        What to check
      </Button>
    );
  if (node.state === "pending")
    return (
      <Button small onClick={() => helpWith("pending", node.name)}>
        What it should print
      </Button>
    );
  return isAdmin.value ? (
    <Button small onClick={() => ask("remove", node)}>
      Remove
    </Button>
  ) : null;
}
