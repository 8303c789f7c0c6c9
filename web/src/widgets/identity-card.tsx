// Who this node is, what it proves it with, and how it is linked: three sections, each head with its verdict.

import type { CredentialView, NodeView } from "../api/types";
import { dialectName, tlsText } from "../format/dialects";
import { causeOf, sentence } from "../format/states";
import { dated, duration, exactly, moment, roughly, since, toMs } from "../format/times";
import { digits, grouped, plural } from "../format/units";
import { now } from "../state/clock";
import { lastSeenNs } from "../state/nodes";
import { Credentials } from "./credentials";
import { Fingerprint } from "./fingerprint";
import { Part, type PartProps } from "./identity-part";
import { type Life, lifeOf } from "./life";
import { LifeLine } from "./life-line";

interface CardProps {
  node: NodeView;
  detail: NodeView | null;
}

export const IdentityCard = ({ node, detail }: CardProps) => (
  <div class="card ident">
    <IdentitySection node={node} />
    <CredentialSection node={node} detail={detail} />
    <LinkSection node={newer(node, detail)} />
  </div>
);

/** The view whose link is of later: the detail is read now and then, the node is pushed on changes. */
const newer = (node: NodeView, detail: NodeView | null): NodeView =>
  detail && detail.link.since_ns >= node.link.since_ns ? { ...node, link: detail.link } : node;

function IdentitySection({ node }: { node: NodeView }) {
  const revoked = node.state === "revoked";
  const key = node.credential?.key_sha256;
  return (
    <Part
      name="Identity"
      icon="shield"
      mark={revoked ? "revoked" : node.credential ? "ok" : "pending"}
      verdict={revoked ? "Revoked" : node.credential ? "Proved by certificate" : "Nothing proved yet"}
    >
      <dl class="kv">
        <dt>Node</dt>
        <dd class="mono" title={node.id}>
          {node.id}
        </dd>
        <dt>Key</dt>
        <dd>P-256, made on the node{node.created_ns ? ` ${dated(toMs(node.created_ns), now.value)}` : ""}</dd>
        {key && [<dt>Key SHA-256</dt>, <Fingerprint hex={key} />]}
        {node.renamed_from && [<dt>Name</dt>, <dd class="wrap">{renamedText(node)}</dd>]}
      </dl>
    </Part>
  );
}

const renamedText = (node: NodeView): string =>
  `It claimed as ${node.renamed_from}; another node had that name, so it was named ${node.name}.`;

function CredentialSection({ node, detail }: CardProps) {
  const credential = node.credential;
  const life = lifeOf(credential, now.value);
  if (!credential || !life)
    return (
      <Part name="Credential" icon="key" mark="pending" verdict="None in force">
        <p class="soft">
          {node.state === "revoked"
            ? sentence(`revoked, ${node.revoked_reason}`)
            : "It is made when the machine claims."}
        </p>
      </Part>
    );
  const revoked = node.state === "revoked" || credential.state === "revoked";
  return (
    <Part name="Credential" icon="key" {...judged(credential, life, revoked)}>
      <dl class="kv">
        <dt>Serial</dt>
        <dd class="mono" title={credential.serial}>
          {serialText(credential.serial)}
        </dd>
        <dt>Issued by</dt>
        <dd title={credential.issuer}>{credential.issuer}</dd>
        <dt>History</dt>
        <dd>{historyText(node, detail)}</dd>
      </dl>
      {!revoked && <LifeLine credential={credential} life={life} />}
      <Credentials list={detail?.credentials ?? []} />
    </Part>
  );
}

function judged(
  credential: CredentialView,
  life: Life,
  revoked: boolean,
): Pick<PartProps, "mark" | "verdict"> {
  if (revoked) return { mark: "revoked", verdict: "Revoked" };
  if (life.expired) return { mark: "crit", verdict: "Expired" };
  if (life.late) return { mark: "warn", verdict: "Renewal is late" };
  return { mark: "ok", verdict: credential.state === "next" ? "Not used yet" : "Active" };
}

/** 4a:91:0c: pairs read better than a row of hex; a long serial keeps both ends. */
function serialText(serial: string): string {
  const pairs = serial.match(/.{1,2}/g) ?? [];
  return pairs.length > 10
    ? `${pairs.slice(0, 6).join(":")} … ${pairs.slice(-2).join(":")}`
    : pairs.join(":");
}

function historyText(node: NodeView, detail: NodeView | null): string {
  if (!detail) return "–";
  const credentials = detail.credentials ?? [];
  const first = credentials[credentials.length - 1];
  if (!first) return "–";
  const renewals = credentials.length - 1;
  // Certificates begin a little before they are issued, for clocks that lag.
  const start = since(Math.max(toMs(first.not_before_ns), toMs(node.created_ns)), now.value);
  return renewals ? `${plural(renewals, "renewal")} since ${start}` : `the first, since ${start}`;
}

function LinkSection({ node }: { node: NodeView }) {
  const { link } = node;
  const up = node.state === "live" || node.state === "stale";
  const heard = lastSeenNs(node);
  return (
    <Part
      name="Link"
      icon="link"
      mark={up ? "ok" : node.state}
      verdict={up ? tlsText(link) || "Up" : stateText(node)}
    >
      <dl class="kv">
        <dt>Dialect</dt>
        <dd>
          {dialectName(link.dialect)}, {link.mode}
        </dd>
        <dt>From</dt>
        <dd>{link.address || (heard ? "not known since the hub started" : "not yet")}</dd>
        <dt>{up ? "Since" : "Began"}</dt>
        <dd title={link.since_ns ? exactly(toMs(link.since_ns)) : ""}>{sinceText(node)}</dd>
        {up && [
          <dt>Round trip</dt>,
          <dd>{link.round_trip_ms ? `${digits(link.round_trip_ms)} ms` : "not measured yet"}</dd>,
        ]}
        {up && [<dt>Unsent</dt>, <dd>{unsentText(link.unsent)}</dd>]}
        {!up && heard > 0 && [<dt>Last heard</dt>, <dd>{moment(toMs(heard), now.value)}</dd>]}
        {!up && link.ended && [<dt>Ended</dt>, <dd class="wrap">{sentence(link.ended)}</dd>]}
        {Math.abs(link.clock_skew_s) >= 1 && [
          <dt>Clock</dt>,
          <dd class="warmv">{skewText(link.clock_skew_s)}</dd>,
        ]}
      </dl>
    </Part>
  );
}

const stateText = (node: NodeView): string => causeOf(node, now.value).head.replace(/\.$/, "");
const unsentText = (unsent: number): string =>
  unsent ? `${grouped(unsent)} values in its spool` : "0 values, all acknowledged";

function sinceText(node: NodeView): string {
  const { link } = node;
  if (!link.since_ns) return node.last_seen_ns ? "not known since the hub started" : "never";
  const age = (now.value - toMs(link.since_ns)) / 1000;
  return age < 120 ? `${duration(age)} ago` : `${since(toMs(link.since_ns), now.value)}, ${roughly(age)}`;
}

const skewText = (seconds: number): string =>
  `${duration(Math.abs(seconds))} ${seconds > 0 ? "ahead of" : "behind"} the hub`;
