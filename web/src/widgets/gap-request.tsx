// A request that came by hand: what it says, what speaks for it, and how it is to be answered.

import { useState } from "preact/hooks";
import { joining } from "../api/joining";
import type { GapAnswerView, GapRequestView, SignGapBody } from "../api/types";
import { commandLine } from "../format/shell";
import { spanArgument } from "../format/spans";
import { sentence } from "../format/states";
import { countdown, since, toMs } from "../format/times";
import { nodeAddress } from "../routes";
import { now } from "../state/clock";
import { rooms } from "../state/rooms";
import { spaceId, spaceName } from "../state/session";
import { spaceOption } from "../state/spaces";
import { Reasons } from "./claim-card";
import { CliLine } from "./cli-line";
import { Tag } from "./controls";
import { Fingerprint } from "./fingerprint";
import { type Given, GivenFields, readLifetime, secondsOf } from "./gap-fields";
import { Icon, Mark } from "./icon";

interface GapRequestProps {
  request: GapRequestView;
  text: string;
  onAnswer: (answer: GapAnswerView) => void;
}

/** What a new node is to be, where that is not as it asks. */
function wishesOf(request: GapRequestView, given: Given): Partial<SignGapBody> {
  if (request.node) return {};
  const name = given.name.trim();
  return {
    space: spaceId.value,
    rooms: [...given.rooms],
    name: name === request.facts.hostname ? "" : name,
  };
}

function lineOf(request: GapRequestView, given: Given): string {
  const { name = "", rooms: ids = [] } = wishesOf(request, given);
  const names = rooms.value.filter((room) => ids.includes(room.id)).map((room) => room.name);
  const seconds = secondsOf(given);
  const words = [
    ...(request.renews ? [] : spaceOption()),
    ...names.flatMap((each) => ["--room", each]),
    ...(name ? ["--name", name] : []),
    ...(seconds ? ["--lifetime", spanArgument(seconds)] : []),
    ...(given.agents.trim() ? ["--agents", given.agents.trim()] : []),
  ];
  return `${commandLine("muster", "sign", ...words, "request.txt")} > response.txt`;
}

export function GapRequest({ request, text, onAnswer }: GapRequestProps) {
  const [given, setGiven] = useState<Given>({
    name: request.facts.hostname,
    rooms: new Set(),
    lifetime: "",
    agents: "",
  });
  const [state, setState] = useState({ busy: false, error: "" });
  const usable =
    "value" in readLifetime(given.lifetime) && (request.node !== null || given.name.trim() !== "");
  const sign = async () => {
    setState({ busy: true, error: "" });
    const certificate = { lifetime_s: secondsOf(given), agents: given.agents.trim() };
    try {
      onAnswer(await joining.signGap({ request: text, ...certificate, ...wishesOf(request, given) }));
    } catch (failure) {
      setState({ busy: false, error: failure instanceof Error ? failure.message : String(failure) });
    }
  };
  return (
    <article class="card claim" aria-label={`Request of ${request.facts.hostname}`}>
      <Head request={request} />
      <div class="body stackv">
        <Known request={request} />
        <Reasons list={request.reasons} />
        <Says request={request} />
        <GivenFields isNew={!request.node} given={given} onChange={setGiven} />
        {state.error && (
          <p class="bad-text" role="alert">
            <Mark name="crit" />
            <span>Not signed. {sentence(state.error)}</span>
          </p>
        )}
        <div class="chips">
          <button type="button" class="btn primary" disabled={state.busy || !usable} onClick={sign}>
            <Icon name="key" />
            Sign for {request.node?.name ?? (given.name.trim() || "…")}
          </button>
        </div>
        <CliLine text={lineOf(request, given)} />
      </div>
    </article>
  );
}

function Head({ request }: { request: GapRequestView }) {
  return (
    <header>
      <Mark name={request.signed_ns ? "ok" : "pending"} />
      <h2>{request.facts.hostname || "A machine without a name"}</h2>
      <Tag>{request.renews ? "renewal" : "new machine"}</Tag>
      <time>made {since(toMs(request.created_ns), now.value)}</time>
      <Tag>
        <Icon name="clock" />
        {countdown((toMs(request.expires_ns) - now.value) / 1000)} left
      </Tag>
    </header>
  );
}

const pinsText = (pins: string[]): string =>
  pins.length
    ? `an answer of the hub with root ${pins.map((pin) => `${pin.slice(0, 16)}…`).join(" or ")} alone`
    : "an answer of any hub whose fingerprint is confirmed there";

const Says = ({ request }: { request: GapRequestView }) => (
  <dl class="kv wide">
    <dt>System</dt>
    <dd>{request.facts.os || "not said"}</dd>
    <dt>Key SHA-256</dt>
    <Fingerprint hex={request.key_sha256} />
    <dt>Takes</dt>
    <dd class="wrap">{pinsText(request.pins)}</dd>
  </dl>
);

function Known({ request }: { request: GapRequestView }) {
  const { node } = request;
  if (!node) return <p>Nobody knows this key yet: it becomes a new node of {spaceName.value}.</p>;
  return (
    <p>
      {request.renews ? "A new certificate for " : "It was signed before, for "}
      <a href={nodeAddress(node.id)}>{node.name}</a>
      {request.signed_ns > 0 && `, ${since(toMs(request.signed_ns), now.value)}`}. Its history goes on.
      {request.replaces && request.replaces !== "active" && (
        <b class="warmv"> The certificate it shows is {request.replaces}: it may be an older copy.</b>
      )}
    </p>
  );
}
