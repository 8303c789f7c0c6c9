// Who comes in by the token: each node as a timed list, then the wait for the next one, with help after a minute.

import type { ClaimedView, NodeView } from "../api/types";
import { Sparkline } from "../charts/sparkline";
import { atSecond, duration, toMs } from "../format/times";
import { digits, grouped, percent, withUnit } from "../format/units";
import { nodeAddress } from "../routes";
import { claims, isOpen } from "../state/approvals";
import { now } from "../state/clock";
import { firstValues, known, knownEnd, made, pollError } from "../state/joining";
import { param } from "../state/location";
import { nodes, summaryOf } from "../state/nodes";
import { sparkOf } from "../state/sparks";
import { ClaimCard } from "./claim-card";
import { Command } from "./help";
import { Badge, Icon, Mark } from "./icon";
import { lifeOf } from "./life";
import { aboutOf } from "./node-row";

const HELP_AFTER_S = 60;

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
      {open && <Waiting claimed={claimed} left={token.uses - token.used} />}
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

interface Step {
  text: string;
  note: string;
  time: string;
  done: boolean;
}

function stepsOf(claimed: ClaimedView, node: NodeView): Step[] {
  const start = toMs(claimed.claimed_ns);
  const linked = toMs(node.link.since_ns);
  const life = lifeOf(node.credential, now.value);
  const summary = summaryOf(node.id).value;
  if (summary?.cpu != null && !firstValues.has(node.id)) firstValues.set(node.id, now.peek());
  const values = firstValues.get(node.id);
  return [
    { text: "Hub verified by the pin in the token", note: "", time: atSecond(start), done: true },
    { text: "Key made on the node, certificate issued", note: life?.text ?? "", time: "", done: true },
    {
      text: linked ? "Link up" : "Waiting for the link: muster agent run",
      note: linked ? linkNote(node) : "",
      time: linked ? plus(linked - start) : `for ${duration((now.value - start) / 1000)}`,
      done: linked > 0,
    },
    {
      text: values ? "First values on disk" : "First values",
      note: "",
      time: values && linked ? plus(values - linked) : "",
      done: values !== undefined,
    },
  ];
}

const plus = (ms: number): string => `+ ${digits(Math.max(0, ms) / 1000, 2)} s`;

function linkNote({ link }: NodeView): string {
  const trip = link.round_trip_ms ? `${digits(link.round_trip_ms, 2)} ms` : "";
  return [link.tls && `m${link.tls.replace(/^m?(TLS)v?\s*/i, "TLS ")}`, link.mode, trip]
    .filter(Boolean)
    .join(", ");
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

interface WaitingProps {
  claimed: ClaimedView[];
  left: number;
}

function Waiting({ claimed, left }: WaitingProps) {
  const last = claimed.reduce((latest, each) => Math.max(latest, toMs(each.claimed_ns)), 0);
  const start = Math.max(last, made.value?.madeMs ?? toMs(known.value?.created_ns ?? 0));
  const waited = (now.value - start) / 1000;
  const more = claimed.length
    ? left === 1
      ? "one more machine"
      : `${grouped(left)} more machines`
    : "the machine";
  return (
    <section class="card">
      <header>
        <h2>Waiting for {more}</h2>
      </header>
      <div class="body">
        <ol class="steps">
          <li class="now">
            <span class="pulse" />
            <span>Nothing has knocked {claimed.length ? "since" : "yet"}</span>
            <time>for {duration(waited)}</time>
          </li>
          <li class="next">
            <span />
            <span>You can leave this page: the node appears in the list by itself.</span>
          </li>
        </ol>
        {waited > HELP_AFTER_S && <WaitHelp />}
      </div>
    </section>
  );
}

function WaitHelp() {
  return (
    <div class="wait-help">
      <h3>Run it and nothing happens?</h3>
      <ol class="advice">
        <li>
          The machine prints one line per step; the last line names what failed. “Cannot connect” means that
          the port for joining can't be reached from there.
        </li>
        <li>
          This walks every step and names the remedy:
          <Command text="muster doctor" />
        </li>
        <li>Behind a proxy: name it under “More limits, labels, proxy” and make the line once more.</li>
      </ol>
    </div>
  );
}
