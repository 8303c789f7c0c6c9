// Who a Netdata node is: how it proves itself, which agent it runs, and whether it has a link or a parent speaks for it.

import type { InfoView, NodeView, RelativeView } from "../api/types";
import { tlsText } from "../format/dialects";
import { causeOf } from "../format/states";
import { dated, duration, exactly, moment, roughly, since, toMs } from "../format/times";
import { plural } from "../format/units";
import { nodeAddress } from "../routes";
import { now } from "../state/clock";
import { lastSeenNs, nodes } from "../state/nodes";
import { Mark } from "./icon";
import { Part } from "./identity-part";
import { rangeParams } from "./places";

interface CardProps {
  node: NodeView;
  info: InfoView | null;
}

export const NetdataIdentity = ({ node, info }: CardProps) => (
  <div class="card ident">
    <Identity node={node} info={info} />
    <Agent node={node} info={info} />
    <LinkPart node={node} info={info} />
  </div>
);

function Identity({ node, info }: CardProps) {
  const revoked = node.state === "revoked";
  const child = node.link.via !== "";
  const verdict = revoked ? "Revoked" : child ? "Known through its parent" : "Public key, no expiry";
  return (
    <Part name="Identity" icon="shield" mark={revoked ? "revoked" : "ok"} verdict={verdict}>
      <dl class="kv">
        <dt>Node</dt>
        <dd class="mono" title={node.id}>
          {node.id}
        </dd>
        {info?.machine && [
          <dt>Machine</dt>,
          <dd class="mono" title={info.machine}>
            {info.machine}
          </dd>,
        ]}
        {info?.claim_id && [
          <dt>Claim</dt>,
          <dd class="mono" title={info.claim_id}>
            {info.claim_id}
          </dd>,
        ]}
        <dt>Key</dt>
        <dd class="wrap">{child ? "its parent's; it has none of its own" : keyText(node)}</dd>
      </dl>
    </Part>
  );
}

const keyText = (node: NodeView): string =>
  `RSA 2048, made on the node${node.created_ns ? ` ${dated(toMs(node.created_ns), now.value)}` : ""}`;

function Agent({ node, info }: CardProps) {
  const version = info?.agent_version || node.facts.agent_version;
  const modules = [...new Set((info?.collectors ?? []).map(moduleText))].sort();
  const labels = Object.entries(info?.labels ?? {}).map(([key, value]) => `${key} = ${value}`);
  const able = info?.capabilities ?? [];
  return (
    <Part
      name="Agent"
      icon="pulse"
      mark={version ? "ok" : "pending"}
      verdict={version ? `Netdata ${version.replace(/^v/, "")}` : "Not told yet"}
    >
      <dl class="kv">
        <dt>Can</dt>
        <dd class="wrap" title={able.map((each) => `${each.name} ${each.version}`).join(", ")}>
          {able.map((each) => each.name).join(", ") || "not told yet"}
        </dd>
      </dl>
      <Fold title={plural(modules.length, "collector")} lines={modules} />
      <Fold title={`${plural(labels.length, "label")} of the host`} lines={labels.sort()} />
    </Part>
  );
}

const moduleText = ({ plugin, module }: { plugin: string; module: string }): string =>
  module && module !== plugin ? `${plugin}: ${module}` : plugin;

const Fold = ({ title, lines }: { title: string; lines: string[] }) =>
  lines.length > 0 && (
    <details class="more fold">
      <summary>{title}</summary>
      <ul>
        {lines.map((line) => (
          <li key={line}>{line}</li>
        ))}
      </ul>
    </details>
  );

function LinkPart({ node, info }: CardProps) {
  const { link } = node;
  const up = node.state === "live" || node.state === "stale";
  const parent = parentOf(node, info);
  return (
    <Part name="Link" icon="link" mark={up ? "ok" : node.state} verdict={verdictOf(node, up)}>
      <dl class="kv">
        <dt>Dialect</dt>
        <dd>{["Netdata", tlsText(link)].filter(Boolean).join(", ")}</dd>
        <dt>{parent ? "Parent" : "From"}</dt>
        {parent ? (
          <NodeLinks list={[parent]} />
        ) : (
          <dd>{link.address || "not known since the hub started"}</dd>
        )}
        <dt>{up ? "Since" : "Last heard"}</dt>
        <dd title={link.since_ns ? exactly(toMs(link.since_ns)) : ""}>
          {up ? sinceText(link.since_ns) : heardText(node)}
        </dd>
        {info && info.children.length > 0 && [<dt>Children</dt>, <NodeLinks list={info.children} />]}
      </dl>
    </Part>
  );
}

function verdictOf(node: NodeView, up: boolean): string {
  if (up) return node.link.via ? "By its parent" : "Up";
  if (node.state === "pending") return "Never connected";
  if (node.state === "revoked") return "Cut";
  return causeOf(node, now.value).head.replace(/\.$/, "");
}

const parentOf = ({ link }: NodeView, info: InfoView | null): RelativeView | null =>
  link.via ? (info?.parent ?? { id: link.via, name: "" }) : null;

function heardText(node: NodeView): string {
  const heard = lastSeenNs(node);
  return heard ? moment(toMs(heard), now.value) : "never";
}

function sinceText(sinceNs: number): string {
  if (!sinceNs) return "not known since the hub started";
  const age = (now.value - toMs(sinceNs)) / 1000;
  return age < 120 ? `${duration(age)} ago` : `${since(toMs(sinceNs), now.value)}, ${roughly(age)}`;
}

/** Nodes by name, each with its state of now. */
const NodeLinks = ({ list }: { list: RelativeView[] }) => (
  <dd class="wrap nodelinks">
    {list.map(({ id, name }) => {
      const known = nodes.value.get(id);
      return (
        <a key={id} href={nodeAddress(id, rangeParams())}>
          {known && <Mark name={known.state} />}
          {known?.name ?? (name || id)}
        </a>
      );
    })}
  </dd>
);
