// The numbers of one row. Each cell reads its own signals, so a new value redraws one cell and moves nothing.

import type { NodeView, Summary } from "../api/types";
import { Sparkline } from "../charts/sparkline";
import { isNetdata } from "../format/dialects";
import { heat, LIMITS } from "../format/states";
import { exactly, toMs } from "../format/times";
import { percent, withUnit } from "../format/units";
import { now } from "../state/clock";
import { summaryOf } from "../state/nodes";
import { replaced, sparkOf } from "../state/sparks";
import { Meter } from "./controls";
import { lifeOf } from "./life";

/** A title made when the pointer comes: exact times are dear to write, and a second later they would be others. */
export const titled = (text: () => string) => (event: PointerEvent & { currentTarget: HTMLElement }) => {
  event.currentTarget.title = text();
};

export function Numbers({ node }: { node: NodeView }) {
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
  if (summary && summary.rx === null && summary.tx === null)
    return (
      <div class="val">
        <span class="spark" />–
      </div>
    );
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
  if (node.state === "revoked") return <span class="dim">revoked</span>;
  if (isNetdata(node)) return <span class="dim">{node.link.via ? "its parent's" : "public key"}</span>;
  if (!node.credential || !life) return <span class="dim">none</span>;
  const ends = toMs(node.credential.not_after_ns);
  const tone = life.expired ? "hot" : life.late ? "warmv" : node.state === "stale" ? "dim" : "soft";
  return (
    <div class="cred" onPointerEnter={titled(() => `Expires ${exactly(ends)}`)}>
      <span class={`${tone} nowrap`}>{life.text}</span>
      <Meter value={life.left * 100} heat={life.expired ? "crit" : life.late ? "warn" : ""} />
    </div>
  );
}
