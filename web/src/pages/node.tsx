// One node: head, identity, then its charts by section. Only charts on screen are fed.

import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { api } from "../api/client";
import type { NodeView } from "../api/types";
import { isNetdata } from "../format/dialects";
import { causeOf, hasValues, sentence, WORD } from "../format/states";
import { duration, toMs } from "../format/times";
import { plural, withUnit } from "../format/units";
import { address } from "../routes";
import { now } from "../state/clock";
import { lastSeenNs, loadError, loaded, loadNodes, nodes, withCause } from "../state/nodes";
import { fix } from "../state/range";
import { spaceName } from "../state/session";
import { CloneCard } from "../widgets/clone-card";
import { Help, helpWith, pendingHelp } from "../widgets/help";
import { Badge, Mark } from "../widgets/icon";
import { IdentityCard } from "../widgets/identity-card";
import { NodeLabels, NodeNotes } from "../widgets/node-about";
import { NodeDeeds } from "../widgets/node-deeds";
import { NodeMenu } from "../widgets/node-menu";
import { rangeParams, roomPath } from "../widgets/places";
import { Shell } from "../widgets/shell";
import { Empty, ErrorNote } from "../widgets/states";
import { NetdataBody } from "./netdata-node";
import { NodeCharts } from "./node-charts";

export function NodePage({ id }: { id: string }) {
  const node = nodes.value.get(id);
  const crumbs = [
    { text: spaceName.value, href: "/nodes" },
    { text: "Nodes", href: address("/nodes", rangeParams()) },
    { text: node?.name ?? "…" },
  ];
  return (
    <Shell title={node?.name ?? "Node"} crumbs={crumbs} ranged>
      {node ? <NodeBody key={id} node={node} /> : <Missing id={id} />}
      <NodeDeeds />
      <Help />
    </Shell>
  );
}

function Missing({ id }: { id: string }) {
  if (!loaded.value)
    return loadError.value ? (
      <ErrorNote
        title="The node could not be read"
        text={sentence(loadError.value)}
        onRetry={() => void loadNodes()}
      />
    ) : null;
  return (
    <div class="card">
      <Empty
        title="No such node"
        text={`The hub knows no node ${id} in this space. It may have been removed.`}
      >
        <a class="btn" href="/nodes">
          All nodes
        </a>
      </Empty>
    </div>
  );
}

function NodeBody({ node }: { node: NodeView }) {
  return (
    <>
      <Head node={node} />
      <CauseNote node={node} />
      <CloneCard node={node} />
      <NodeNotes node={node} />
      {isNetdata(node) ? <NetdataBody node={node} /> : <OwnBody node={node} />}
    </>
  );
}

const OwnBody = ({ node }: { node: NodeView }) => (
  <>
    <IdentityCard node={node} detail={useDetail(node)} />
    <NodeCharts node={node} />
  </>
);

const DETAIL_MS = 10_000; // round trip and unsent values move without a change of state

/** The whole record, read again now and then, and whenever state or credential change. */
function useDetail(node: NodeView): NodeView | null {
  const detail = useSignal<NodeView | null>(null);
  useEffect(() => {
    const read = () =>
      api.node(node.id).then(
        (answer) => {
          detail.value = answer;
        },
        () => {}, // the view that the list has is what the page stands on
      );
    void read();
    const timer = setInterval(() => document.hidden || read(), DETAIL_MS);
    return () => clearInterval(timer);
  }, [node.id, node.state, node.credential?.serial]);
  return detail.value;
}

function Head({ node }: { node: NodeView }) {
  const { os, kernel, cores, memory_bytes, boot_time_ns, architecture } = node.facts;
  const facts = [
    os.replace(/\s*\(.*\)$/, ""),
    [cores && plural(cores, "core"), memory_bytes && withUnit("bytes", memory_bytes)]
      .filter(Boolean)
      .join(", "),
    [kernel, architecture].filter(Boolean).join(" "),
    node.bytes_day ? `${withUnit("bytes", node.bytes_day)} kept a day` : "",
    boot_time_ns && node.state === "live" ? `up ${duration((now.value - toMs(boot_time_ns)) / 1000)}` : "",
  ].filter(Boolean);
  return (
    <div class="nodehead">
      <h1>{node.name}</h1>
      <HeardBadge node={node} />
      <div class="facts">
        {facts.map((fact) => (
          <span key={fact}>{fact}</span>
        ))}
        {node.rooms.length > 0 && (
          <span>
            {node.rooms.map((room, index) => [
              index > 0 && ", ",
              <a href={roomPath(room.name)}>{room.name}</a>,
            ])}
          </span>
        )}
        {node.local && <span>this hub's own machine</span>}
        <NodeLabels node={node} />
      </div>
      <NodeMenu node={node} />
    </div>
  );
}

function HeardBadge({ node }: { node: NodeView }) {
  const seen = lastSeenNs(node);
  const heard = seen ? `, heard ${duration((now.value - toMs(seen)) / 1000)} ago` : "";
  const says =
    node.state === "live" || node.state === "stale" ? `${WORD[node.state]}${heard}` : WORD[node.state];
  return (
    <Badge name={node.state} solid>
      {says}
    </Badge>
  );
}

const LAST_MS = 15 * 60_000;
const AFTER_MS = 30_000;

/** The quarter of an hour before a node fell silent, and a little of the silence. */
const showLast = (seenMs: number): void => fix(seenMs - LAST_MS, seenMs + AFTER_MS);

/** Every state but live names its cause and the next step where it is seen; a live node what the hub can't keep. */
function CauseNote({ node }: { node: NodeView }) {
  const cause = causeOf(withCause(node), now.value);
  if (!cause.head) return null;
  return (
    <div class={`note state-${node.state}`} role="status">
      <Mark name={node.state} />
      <span>
        <b>{cause.head}</b> {cause.rest}
      </span>
      {!hasValues(node.state) && node.last_seen_ns > 0 && !isNetdata(node) && (
        <button type="button" class="btn small" onClick={() => showLast(toMs(node.last_seen_ns))}>
          Show its last values
        </button>
      )}
      {(node.state === "offline" || node.state === "stale") && (
        <button type="button" class="btn small" onClick={() => helpWith(node)}>
          What to check
        </button>
      )}
      {node.state === "pending" && (
        <button type="button" class="btn small" onClick={() => helpWith(node)}>
          {pendingHelp(node)}
        </button>
      )}
    </div>
  );
}
