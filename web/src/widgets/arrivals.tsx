// Who comes in by the token: each node as a timed list, then the wait for the next one, with help after a minute.

import type { ClaimedView, NodeView } from "../api/types";
import { Sparkline } from "../charts/sparkline";
import { percent, withUnit } from "../format/units";
import { nodeAddress } from "../routes";
import { claims, isOpen } from "../state/approvals";
import { known, knownEnd, pollError } from "../state/joining";
import { param } from "../state/location";
import { nodes, summaryOf } from "../state/nodes";
import { sparkOf } from "../state/sparks";
import { stepsOf } from "./arrival-steps";
import { ClaimCard } from "./claim-card";
import { Badge, Icon, Mark } from "./icon";
import { aboutOf } from "./node-row";
import { Waiting } from "./waiting";

export function Arrivals() {
  const token = known.value;
  const claimed = token?.nodes ?? [];
  const open = token && !knownEnd.value;
  const waiting = claims.value.filter((claim) => isOpen(claim) && claim.token === param("token"));
  return (
    <>
      <div class="stackv" aria-live="polite">
        {waiting.map((claim) => (
          <ClaimCard key={claim.id} claim={claim} brief />
        ))}
      </div>
      <div class="stackv" aria-live="polite">
        {[...claimed].reverse().map((each) => (
          <Arrival key={each.id} claimed={each} />
        ))}
      </div>
      {pollError.value && (
        <p class="note warn">The hub could not be asked who has arrived: {pollError.value}.</p>
      )}
      {open && <Waiting claimed={claimed} left={token.uses - token.used} asking={waiting.length} />}
    </>
  );
}

function Arrival({ claimed }: { claimed: ClaimedView }) {
  const node = nodes.value.get(claimed.id);
  const steps = node ? stepsOf(claimed, node) : [];
  return (
    <section class="card arrival">
      <header>
        <h2>{claimed.name} has arrived</h2>
        {node && <Badge name={node.state} solid />}
      </header>
      <div class="body">
        <ol class="steps">
          {steps.map((step) => (
            <li key={step.text} class={step.done ? "" : "next"}>
              {step.done ? <Mark name="ok" /> : <span class="pulse" />}
              <span>
                {step.text} <small>{step.note}</small>
              </span>
              <time>{step.time}</time>
            </li>
          ))}
          {!node && <li class="next">It is no longer on the hub.</li>}
        </ol>
      </div>
      {node && <Arrived node={node} />}
    </section>
  );
}

function Arrived({ node }: { node: NodeView }) {
  const summary = summaryOf(node.id).value;
  const recent = (sparkOf(node.id)?.cpu ?? []).slice(-20).filter((value) => value !== null);
  return (
    <div class="arrived">
      <div>
        <b>{node.name}</b>
        <small class="sub">{aboutOf(node)}</small>
      </div>
      <div class="chips">
        {summary?.cpu != null && (
          <span class="badge soft">
            CPU {recent.length > 2 && <Sparkline values={recent} max={100} />} {percent(summary.cpu)}
          </span>
        )}
        {summary?.memory != null && (
          <span class="badge soft">
            Memory {withUnit("bytes", (summary.memory / 100) * node.facts.memory_bytes, 2)}
          </span>
        )}
      </div>
      <a class="btn primary" href={nodeAddress(node.id)}>
        Open {node.name}
        <Icon name="right" />
      </a>
    </div>
  );
}
