// One that waits: who it says it is, what speaks for it, whom it looks like, and the two answers.

import type { ApprovalKind, ApprovalView, Reason } from "../api/types";
import { sentence } from "../format/states";
import { countdown, exactly, since, toMs } from "../format/times";
import { nodeAddress } from "../routes";
import { isOpen } from "../state/approvals";
import { now } from "../state/clock";
import { ownSpaces } from "../state/session";
import { askClaim } from "./claim-deeds";
import { Meter, Tag } from "./controls";
import { Fingerprint } from "./fingerprint";
import { Badge, Icon, Mark, type MarkName } from "./icon";

export const KIND: Record<ApprovalKind, string> = {
  claim: "new machine",
  reimage: "reinstalled",
  recovery: "wants back in",
  air_gap: "by hand",
};

const MARKS: Record<string, [mark: MarkName, word: string]> = {
  "": ["pending", "Waiting"],
  approved: ["ok", "Let in"],
  denied: ["revoked", "Refused"],
  expired: ["revoked", "Expired"],
};

interface ClaimProps {
  claim: ApprovalView;
  brief?: boolean; // beside other things, with a link to all of it
  current?: boolean;
}

export function ClaimCard({ claim, brief = false, current = false }: ClaimProps) {
  const [mark, word] = MARKS[claim.decision] ?? ["unknown", claim.decision];
  return (
    <article
      class={current ? "card claim current" : "card claim"}
      id={`claim-${claim.id}`}
      aria-label={`${claim.name}, ${KIND[claim.kind]}`}
    >
      <header>
        <Mark name={mark} />
        <h2>{claim.name}</h2>
        <Tag>{KIND[claim.kind]}</Tag>
        {claim.dialect === "netdata" && <Tag>Netdata</Tag>}
        {ownSpaces.value.length > 1 && <Tag>{claim.space.name}</Tag>}
        <time title={exactly(toMs(claim.created_ns))}>{since(toMs(claim.created_ns), now.value)}</time>
        {!isOpen(claim) && <Badge name={mark}>{word}</Badge>}
      </header>
      <div class="body claim-body">
        <div class="stackv">
          <p>
            <Who claim={claim} />
          </p>
          <Reasons list={claim.reasons} />
          {!brief && <Facts claim={claim} />}
        </div>
        <Score claim={claim} />
      </div>
      {isOpen(claim) ? <Answers claim={claim} brief={brief} /> : <Decided claim={claim} />}
    </article>
  );
}

function Who({ claim }: { claim: ApprovalView }) {
  const like = claim.looks_like;
  const rooms = claim.rooms.map((room) => room.name).join(" and ");
  return (
    <>
      {claim.address ? `From ${claim.address}` : "Its request came by hand"}
      {claim.token && [" with token ", <span class="mono">mst1.{claim.token}</span>]}
      {rooms ? `, asks for ${rooms}. ` : ". "}
      {like && claim.kind === "reimage" && (
        <>
          New key on known hardware:{" "}
          <b>
            looks like <a href={nodeAddress(like.id)}>{like.name}</a> reinstalled
          </b>
          .{" "}
        </>
      )}
      {like && claim.kind === "recovery" && (
        <>
          It is <a href={nodeAddress(like.id)}>{like.name}</a>.{" "}
        </>
      )}
      {sentence(claim.why)}
    </>
  );
}

const pointsText = (points: number): string => (points > 0 ? `+${points}` : points < 0 ? `−${-points}` : "");

export function Reasons({ list }: { list: Reason[] }) {
  if (!list.length) return <p class="dim">It shows no evidence beside its key.</p>;
  return (
    <ul class="reasons" aria-label="Evidence">
      {list.map((reason) => (
        <li key={reason.name + reason.text}>
          <Mark name={reason.points < 0 ? "warn" : reason.verified ? "ok" : "unknown"} />
          <span>
            {reason.text}
            <small>{reason.verified ? "verified" : "as it says"}</small>
          </span>
          <b class="num">{pointsText(reason.points)}</b>
        </li>
      ))}
    </ul>
  );
}

function Score({ claim }: { claim: ApprovalView }) {
  return (
    <div class="score" title="What its evidence weighs; it decides nothing by itself">
      <b>{claim.score}</b> <small>of 100</small>
      <Meter value={claim.score} />
    </div>
  );
}

function Facts({ claim }: { claim: ApprovalView }) {
  const { facts } = claim;
  const labels = Object.entries(claim.labels).map(([key, value]) => `${key}=${value}`);
  return (
    <details class="more">
      <summary>Machine and key</summary>
      <dl class="kv wide">
        <dt>System</dt>
        <dd>{[facts.os, facts.kernel, facts.architecture].filter(Boolean).join(", ") || "not said"}</dd>
        <dt>Host name</dt>
        <dd>{facts.hostname || "not said"}</dd>
        {labels.length > 0 && [<dt>Labels</dt>, <dd class="wrap">{labels.join(", ")}</dd>]}
        <dt>Agent</dt>
        <dd>{facts.agent_version || "not said"}</dd>
        <dt>Key SHA-256</dt>
        <Fingerprint hex={claim.key_sha256} />
        <dt>Request</dt>
        <dd class="mono">{claim.id}</dd>
      </dl>
    </details>
  );
}

function Answers({ claim, brief }: { claim: ApprovalView; brief: boolean }) {
  const left = (toMs(claim.expires_ns) - now.value) / 1000;
  const yes = { claim: "Approve…", reimage: "Approve…", recovery: "Let back in…", air_gap: "Approve…" };
  return (
    <footer class="acts2">
      <button type="button" class="btn primary" onClick={() => askClaim("approve", claim)}>
        <Icon name="check" />
        {yes[claim.kind]}
      </button>
      <button type="button" class="btn danger" onClick={() => askClaim("deny", claim)}>
        <Icon name="cut" />
        Refuse…
      </button>
      {brief ? (
        <a class="btn quiet" href={`/approvals?id=${claim.id}`}>
          All evidence
        </a>
      ) : (
        <p>
          {claim.dialect === "netdata"
            ? `Approved, it has to be claimed once more; it waits for ${countdown(left)} more.`
            : `The machine asks again by itself; it waits for ${countdown(left)} more.`}
        </p>
      )}
    </footer>
  );
}

function Decided({ claim }: { claim: ApprovalView }) {
  if (claim.decision === "expired")
    return (
      <footer class="acts2">
        <p>Nobody decided in time. The machine can ask again.</p>
      </footer>
    );
  return (
    <footer class="acts2">
      <p>
        By {claim.decided_by} {since(toMs(claim.decided_ns), now.value)}. {claim.note && `“${claim.note}” `}
        {claim.node && <a href={nodeAddress(claim.node)}>Open the node</a>}
      </p>
    </footer>
  );
}
