// What else is to be known of a node: its labels, how long it may stay away, whether it asks to come back in.

import { useEffect } from "preact/hooks";
import type { NodeView } from "../api/types";
import { sentence } from "../format/states";
import { duration, since, toMs } from "../format/times";
import { address } from "../routes";
import { claims, followClaims, isOpen } from "../state/approvals";
import { now } from "../state/clock";
import { isAdmin } from "../state/session";
import { askClaim, ClaimDeeds } from "./claim-deeds";
import { Tag } from "./controls";
import { Icon, Mark } from "./icon";

/** Labels as links to the nodes that bear them too, and a mark on nodes that leave by themselves. */
export function NodeLabels({ node }: { node: NodeView }) {
  const labels = Object.entries(node.labels);
  if (!labels.length && !node.ephemeral_s) return null;
  return (
    <span class="labels">
      {node.ephemeral_s > 0 && (
        <Tag>
          <Icon name="clock" />
          ephemeral: leaves {duration(node.ephemeral_s)} after it was last heard
        </Tag>
      )}
      {labels.map(([key, value]) => (
        <a key={key} href={address("/nodes", { label: `${key}=${value}` })}>
          <Tag>
            {key}={value}
          </Tag>
        </a>
      ))}
    </span>
  );
}

export function NodeNotes({ node }: { node: NodeView }) {
  return (
    <>
      {node.facts.volatile_state && <VolatileNote />}
      {isAdmin.value && <RecoveryNote node={node} />}
    </>
  );
}

/** Key and certificate in memory alone: the machine is somebody else after its next start. */
const VolatileNote = () => (
  <div class="note warn about" role="status">
    <Mark name="warn" />
    <span>
      <b>Its state folder is not kept.</b> The agent's key lies on a file system that a restart empties, so
      the machine has to claim again then. Put the folder on a volume; of nodes that come and go, make the
      token ephemeral.
    </span>
  </div>
);

/** A node that may not come back by itself waits in the queue; here is the other end of that. */
function RecoveryNote({ node }: { node: NodeView }) {
  useEffect(() => followClaims(), []);
  const claim = claims.value.find((each) => isOpen(each) && each.looks_like?.id === node.id);
  if (!claim) return null;
  const back = claim.kind === "recovery";
  return (
    <div class="note state-pending" role="status">
      <Mark name="pending" />
      <span>
        <b>{back ? "It asks to be let back in." : "A new machine looks like this one, reinstalled."}</b> Since{" "}
        {since(toMs(claim.created_ns), now.value)}. {sentence(claim.why)}
      </span>
      <button type="button" class="btn small" onClick={() => askClaim("approve", claim)}>
        {back ? "Let back in…" : "Approve…"}
      </button>
      <a class="btn small" href={address("/approvals", { id: claim.id })}>
        Review
      </a>
      <ClaimDeeds />
    </div>
  );
}
