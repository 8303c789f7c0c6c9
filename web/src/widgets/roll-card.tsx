// Replacing the root without losing a node: four steps on one line, who is missing, what waiting costs.

import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { RollStep } from "../api/trust";
import type { RollStatus } from "../api/types";
import { roughly, toMs } from "../format/times";
import { plural } from "../format/units";
import { nodeAddress } from "../routes";
import { authority, followRoll, roll } from "../state/authority";
import { now } from "../state/clock";
import { nodes } from "../state/nodes";
import { CliLine } from "./cli-line";
import { Meter } from "./controls";
import { Badge, Mark } from "./icon";
import { RollDeed } from "./roll-deeds";

const MOST = 8;

export function RollCard() {
  const doing = useSignal<RollStep | null>(null);
  useEffect(followRoll, []);
  const status = roll.value;
  if (!status) return null;
  const at = stepOf(status);
  const offline = authority.value?.root_key === "offline";
  const ask = (step: RollStep) => () => (doing.value = step);
  return (
    <section class="card" aria-labelledby="roll-h">
      <header>
        <h2 id="roll-h">CA roll-over</h2>
        {status.phase === "steady" ? (
          <span class="dim">none on its way</span>
        ) : (
          <Badge name="pending" solid>
            Step {at + 1} of 4
          </Badge>
        )}
      </header>
      <div class="body stackv">
        <Steps at={at} status={status} />
        {status.phase !== "steady" && <Following status={status} />}
        {status.phase === "steady" && offline && (
          <CliLine
            text="muster ca roll prepare --root-key root.key"
            title="The root's key is offline: on the hub's machine"
          />
        )}
        {status.phase === "steady" && (
          <CliLine
            text="muster ca import --root-cert ca.cer --root-key ca.key"
            title="A root of your own as the next one: on the hub's machine"
          />
        )}
      </div>
      <div class="acts2">
        <p>{costOf(status)}</p>
        {status.phase === "steady" && !offline && (
          <button type="button" class="btn" onClick={ask("prepare")}>
            Prepare a new root…
          </button>
        )}
        {status.phase === "prepared" && (
          <>
            <button type="button" class="btn quiet" onClick={ask("abort")}>
              Forget it…
            </button>
            <button type="button" class="btn" onClick={ask("activate")}>
              Activate…
            </button>
          </>
        )}
        {status.phase === "activated" && (
          <button type="button" class="btn" onClick={ask("retire")}>
            Retire the old root…
          </button>
        )}
      </div>
      {doing.value && <RollDeed step={doing.value} status={status} onClose={() => (doing.value = null)} />}
    </section>
  );
}

/** Which of the four is now; before the first it is none. */
export function stepOf({ phase }: RollStatus): number {
  return { steady: -1, prepared: 1, activated: 3 }[phase];
}

const NAMES = ["Prepare", "Spread trust", "Activate", "Retire old"];

function Steps({ at, status }: { at: number; status: RollStatus }) {
  const notes = [
    at < 0 ? "you decide" : "done",
    status.phase === "steady" ? "" : `${status.confirmed} of ${status.nodes}`,
    at > 2 ? "done" : at === 1 ? "you decide" : "",
    at === 3 ? `${status.renewed} of ${status.nodes}` : "",
  ];
  return (
    <ol class="roller">
      {NAMES.map((name, index) => (
        <li
          key={name}
          class={index < at ? "done" : index === at ? "now" : ""}
          aria-current={index === at ? "step" : undefined}
        >
          <b>
            {index < at && <Mark name="ok" />}
            {name}
          </b>
          {notes[index]}
        </li>
      ))}
    </ol>
  );
}

/** How many have followed, live, and who has not. */
function Following({ status }: { status: RollStatus }) {
  const moved = status.phase === "activated";
  const there = moved ? status.renewed : status.confirmed;
  const missing = moved ? status.behind : absent();
  return (
    <>
      <div class="follow" role="status">
        <b>
          {there} of {plural(status.nodes, "node")}
        </b>{" "}
        {moved ? "hold a certificate of the new CA and use it" : "have stored the new root"}
        <Meter value={status.nodes ? (there / status.nodes) * 100 : 100} heat="acc" />
      </div>
      {there < status.nodes && missing.length > 0 && (
        <dl class="kv">
          {missing.slice(0, MOST).map((node) => [
            <dt key={node.id}>
              <a href={nodeAddress(node.id)}>{node.name}</a>
            </dt>,
            <dd key={`${node.id}.`} class="wrap">
              {node.why}
            </dd>,
          ])}
          {missing.length > MOST && [
            <dt key="more" />,
            <dd key="more.">and {missing.length - MOST} more</dd>,
          ]}
        </dl>
      )}
    </>
  );
}

/** While trust spreads the hub says only how many; those that are away are the likely ones. */
const absent = () =>
  [...nodes.value.values()]
    .filter((node) => node.state === "offline")
    .map((node) => ({ id: node.id, name: node.name, why: "has no link now; learns of it when it is back" }));

function costOf({ phase }: RollStatus): string {
  const end = authority.value?.root.not_after_ns ?? 0;
  const left = roughly((toMs(end) - now.value) / 1000);
  if (phase === "steady")
    return `The root in force ends in ${left}. Replace it when its key may be known to others, or before it ends.`;
  if (phase === "prepared")
    return `Nothing breaks by waiting: the old root signs, ${left} remain. Both are trusted.`;
  return "The new root signs, the old one is still trusted. Whoever renews moves over; nothing breaks by waiting.";
}
