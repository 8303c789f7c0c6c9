// Approvals: who waits to be let in, the newest first; and who was decided on.

import { useEffect, useLayoutEffect, useState } from "preact/hooks";
import type { ApprovalView } from "../api/types";
import { sentence } from "../format/states";
import { plural } from "../format/units";
import { claims, claimsError, claimsLoaded, followClaims, isOpen, loadClaims } from "../state/approvals";
import { bind } from "../state/keys";
import { param, setParams } from "../state/location";
import { isAdmin, spaceName } from "../state/session";
import { isHubAdmin, loadSpaces } from "../state/spaces";
import { ClaimCard } from "../widgets/claim-card";
import { askClaim, ClaimDeeds } from "../widgets/claim-deeds";
import { CliLine } from "../widgets/cli-line";
import { Segments } from "../widgets/controls";
import { PolicyCard } from "../widgets/policy-card";
import { Shell } from "../widgets/shell";
import { Empty, ErrorNote, Skeleton } from "../widgets/states";

const CRUMBS = () => [{ text: spaceName.value, href: "/nodes" }, { text: "Approvals" }];
const STATES = [
  ["", "Waiting"],
  ["all", "With decided ones"],
] as const;

export function ApprovalsPage() {
  return (
    <Shell title="Approvals" crumbs={CRUMBS()}>
      <div class="pagehead">
        <div>
          <h1>Approvals</h1>
          <p>
            Machines that may not come in by themselves. The score weighs what each shows; it decides nothing.
          </p>
        </div>
        {isAdmin.value && (
          <Segments
            label="Which"
            value={param("state") === "all" ? "all" : ""}
            options={STATES}
            onChange={(state) => setParams({ state })}
          />
        )}
      </div>
      {isAdmin.value ? (
        <Queue />
      ) : (
        <div class="card">
          <Empty
            title="Only an admin decides who may join"
            text={`An admin of ${spaceName.value} sees who waits, and can give you the admin role.`}
          />
        </div>
      )}
    </Shell>
  );
}

function Queue() {
  const decidedToo = param("state") === "all";
  useEffect(() => followClaims(decidedToo), [decidedToo]);
  const list = claims.value.filter((claim) => decidedToo || isOpen(claim));
  const at = useMoving(list);
  useEffect(() => void loadSpaces(), []);
  if (!claimsLoaded.value)
    return claimsError.value ? (
      <ErrorNote
        title="Who waits could not be read"
        text={sentence(claimsError.value)}
        onRetry={() => void loadClaims(decidedToo)}
      />
    ) : (
      <Skeleton what="who waits" />
    );
  const waiting = list.filter(isOpen).length;
  return (
    <>
      {claimsError.value && (
        <p class="note warn" role="status">
          What you see is from before: {claimsError.value}.
        </p>
      )}
      <p class="vh" role="status">
        {plural(waiting, "machine")} {waiting === 1 ? "waits" : "wait"}
      </p>
      {list.length ? (
        <div class="stackv claims">
          {list.map((claim, index) => (
            <ClaimCard key={claim.id} claim={claim} current={index === at} />
          ))}
        </div>
      ) : (
        <Nobody decidedToo={decidedToo} />
      )}
      <div class="stackv">
        <CliLine text={decidedToo ? "muster approval list --all" : "muster approval list"} />
        {isHubAdmin.value && <PolicyCard />}
      </div>
      <ClaimDeeds />
    </>
  );
}

const Nobody = ({ decidedToo }: { decidedToo: boolean }) => (
  <div class="card">
    <Empty
      title={decidedToo ? "Nobody has waited yet" : "Nobody waits"}
      text="Machines wait here when their space asks for approval, a policy says so, or one looks like a node that is away."
    >
      <a class="btn" href="/connect">
        Connect a node
      </a>
    </Empty>
  </div>
);

/** j and k move, a and r answer; the one in the address is the first. */
function useMoving(list: ApprovalView[]): number {
  const [chosen, setChosen] = useState(param("id"));
  const at = list.findIndex((claim) => claim.id === chosen);
  const move = (by: number) => {
    const next = list[Math.max(0, Math.min(list.length - 1, at + by))];
    if (!next) return;
    setChosen(next.id);
    setParams({ id: next.id }, true);
    document.getElementById(`claim-${next.id}`)?.scrollIntoView({ block: "nearest" });
  };
  const answer = (deed: "approve" | "deny") => {
    const claim = list[at];
    if (claim && isOpen(claim)) askClaim(deed, claim);
  };
  useLayoutEffect(() =>
    bind("Approvals", [
      { keys: "j", what: "Next one", run: () => move(1) },
      { keys: "k", what: "One before", run: () => move(-1) },
      { keys: "a", what: "Approve it", run: () => answer("approve") },
      { keys: "r", what: "Refuse it", run: () => answer("deny") },
    ]),
  );
  useEffect(() => {
    if (at >= 0) document.getElementById(`claim-${chosen}`)?.scrollIntoView({ block: "nearest" });
  }, [at >= 0]);
  return at;
}
