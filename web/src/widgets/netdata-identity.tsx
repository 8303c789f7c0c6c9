// Who a Netdata node is: how it proves itself, which agent it runs, and whether it has a link or a parent speaks for it.

import type { NetdataInfo, NetdataNamed } from "../api/netdata";
import type { NodeView } from "../api/types";
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
  info: NetdataInfo | null;
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
        {info?.machine_guid && [
          <dt>Machine</dt>,
          <dd class="mono" title={info.machine_guid}>
            {info.machine_guid}
          </dd>,
        ]}
        {info?.claim_id && [
          <dt>{child ? "Parent's claim" : "Claim"}</dt>,
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
  const version = info?.version || node.facts.agent_version;
  const modules = info?.collectors ?? [];
  const able = (info?.capabilities ?? []).filter((each) => each.enabled);
  return (
    <Part
      name="Agent"
      icon="pulse"
      mark={version ? "ok" : "pending"}
      verdict={version ? `Netdata ${version.replace(/^v/, "")}` : "Not told yet"}
    >
      <dl class="kv">
        <dt>Collectors</dt>
        <dd>{modules.length ? plural(modules.length, "module") : "not told yet"}</dd>
        <dt>Can</dt>
        <dd title={able.map(({ name, version: v }) => `${name} ${v}`).join(", ")}>
          {able.length ? able.map((each) => each.name).join(", ") : "not told yet"}
        </dd>
      </dl>
      {modules.length > 0 && <Fold title="Collectors">{[...new Set(modules.map(moduleText))].sort()}</Fold>}
      <HostLabels labels={info?.labels ?? {}} />
    </Part>
  );
}

const moduleText = ({ plugin, module }: { plugin: string; module: string }): string =>
  module && module !== plugin ? `${plugin}: ${module}` : plugin;

const Fold = ({ title, children }: { title: string; children: string[] }) => (
  <details class="more fold">
    <summary>{title}</summary>
    <ul>
      {children.map((each) => (
        <li key={each}>{each}</li>
      ))}
    </ul>
  </details>
);

function HostLabels({ labels }: { labels: Record<string, string> }) {
  const known = Object.entries(labels).map(([key, value]) => `${key} = ${value}`);
  return known.length ? (
    <Fold title={`${plural(known.length, "label")} of the host`}>{known.sort()}</Fold>
  ) : null;
}

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
  return causeOf(node, now.value).head.replace(/\.$/, "");
}

const parentOf = ({ link }: NodeView, info: NetdataInfo | null): NetdataNamed | null =>
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
const NodeLinks = ({ list }: { list: NetdataNamed[] }) => (
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
