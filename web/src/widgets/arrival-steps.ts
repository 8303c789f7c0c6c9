// How far a machine has come in: what is done, when, and what it waits for.

import type { ClaimedView, NodeView } from "../api/types";
import { isNetdata, tlsText } from "../format/dialects";
import { atSecond, duration, toMs } from "../format/times";
import { digits } from "../format/units";
import { now } from "../state/clock";
import { firstValues } from "../state/joining";
import { summaryOf } from "../state/nodes";
import { lifeOf } from "./life";

export interface Step {
  text: string;
  note: string;
  time: string;
  done: boolean;
}

export const stepsOf = (claimed: ClaimedView, node: NodeView): Step[] =>
  isNetdata(node) ? netdataSteps(claimed, node) : ownSteps(claimed, node);

function ownSteps(claimed: ClaimedView, node: NodeView): Step[] {
  const start = toMs(claimed.claimed_ns);
  const linked = toMs(node.link.since_ns);
  const life = lifeOf(node.credential, now.value);
  const summary = summaryOf(node.id).value;
  if (summary?.cpu != null && !firstValues.has(node.id)) firstValues.set(node.id, now.peek());
  const values = firstValues.get(node.id);
  return [
    { text: "Hub verified by the pin in the token", note: "", time: atSecond(start), done: true },
    { text: "Key made on the node, certificate issued", note: life?.text ?? "", time: "", done: true },
    linkStep(start, node, "muster agent run"),
    {
      text: values ? "First values on disk" : "First values",
      note: "",
      time: values && linked ? plus(values - linked) : "",
      done: values !== undefined,
    },
  ];
}

function netdataSteps(claimed: ClaimedView, node: NodeView): Step[] {
  const start = toMs(claimed.claimed_ns);
  const live = node.state === "live";
  return [
    { text: "Claimed, with a key made on the node", note: "", time: atSecond(start), done: true },
    linkStep(start, node, "netdatacli aclk-state"),
    { text: live ? "It answers: its charts are there" : "Its first answer", note: "", time: "", done: live },
  ];
}

/** `command`: what goes on with it, or says why it does not. */
function linkStep(start: number, node: NodeView, command: string): Step {
  const linked = toMs(node.link.since_ns);
  return {
    text: linked ? "Link up" : `Waiting for the link: ${command}`,
    note: linked ? linkNote(node) : "",
    time: linked ? plus(linked - start) : `for ${duration((now.value - start) / 1000)}`,
    done: linked > 0,
  };
}

const plus = (ms: number): string => `+ ${digits(Math.max(0, ms) / 1000, 2)} s`;

function linkNote({ link }: NodeView): string {
  const trip = link.round_trip_ms ? `${digits(link.round_trip_ms, 2)} ms` : "";
  return [tlsText(link), link.mode, trip].filter(Boolean).join(", ");
}
