// One row of the node table: who it is, and its numbers or, without current ones, its cause.

import { useLayoutEffect, useRef } from "preact/hooks";
import type { NodeView } from "../api/types";
import { dialectName, tlsText } from "../format/dialects";
import { type Cause, causeOf, hasValues } from "../format/states";
import { duration, exactly, toMs } from "../format/times";
import { plural } from "../format/units";
import { nodeAddress } from "../routes";
import { now } from "../state/clock";
import { isMedium } from "../state/media";
import { lastSeenNs, nodes } from "../state/nodes";
import { isAdmin } from "../state/session";
import { Button } from "./controls";
import { helpWith, pendingHelp } from "./help";
import { Badge } from "./icon";
import { memo } from "./memo";
import { Numbers, titled } from "./node-cells";
import { ask } from "./node-deeds";
import { RowMenuButton } from "./node-menu";
import { rangeParams } from "./places";

interface RowProps {
  node: NodeView;
  index: number;
  current: boolean;
}

export const NodeRow = memo(function NodeRow({ node, index, current }: RowProps) {
  const row = useRef<HTMLTableRowElement>(null);
  useLayoutEffect(() => () => letGo(row.current), [node.id]);
  return (
    <tr
      ref={row}
      class={`${node.clone ? "clone" : node.state}${current ? " current" : ""}`}
      aria-rowindex={index + 2}
      data-id={node.id}
    >
      <td class="c-state">{node.clone ? <Badge name="clone">Clone</Badge> : <Badge name={node.state} />}</td>
      <th scope="row" class="name">
        <a href={nodeAddress(node.id, rangeParams())}>{node.name}</a>
        <small title={aboutOf(node)}>{aboutOf(node)}</small>
        {node.clone && <span class="vh">, {node.clone.text}</span>}
      </th>
      <td class="c-link">
        <span class="nowrap">{dialectName(node.link.dialect)}</span>
        <span class="sub">{linkOf(node)}</span>
      </td>
      <HeardCell node={node} />
      {hasValues(node.state) ? <Numbers node={node} /> : <CauseCell node={node} />}
      <td class="c-more">
        <RowMenuButton node={node} />
      </td>
    </tr>
  );
});

/** The focus does not pass from a node to the next one that gets its row. */
function letGo(row: HTMLElement | null): void {
  const focused = document.activeElement;
  if (focused instanceof HTMLElement && row?.contains(focused)) focused.blur();
}

export function aboutOf(node: NodeView): string {
  if (node.clone) return `${node.clone.holders} machines hold it: compare`;
  if (node.renamed_from) return `renamed, ${node.renamed_from} was taken`;
  const { os, cores } = node.facts;
  const short = os.replace(/\s*\(.*\)$/, "").replace(/ GNU\/Linux/, "");
  const parts = [short, cores ? plural(cores, "core") : ""].filter(Boolean).join(", ");
  const more = [
    node.link.via && `behind ${nodes.value.get(node.link.via)?.name ?? "a parent"}`,
    parts,
    node.ephemeral_s && "ephemeral",
    node.local && "this hub",
  ];
  return more.filter(Boolean).join(" · ");
}

function linkOf(node: NodeView): string {
  if (node.state === "revoked") return "cut";
  if (node.link.via) return "by its parent";
  if (node.state === "pending") return `${node.link.mode}, waiting`;
  return [node.link.mode, tlsText(node.link)].filter(Boolean).join(", ");
}

function HeardCell({ node }: { node: NodeView }) {
  const seen = lastSeenNs(node);
  const late = node.state === "stale";
  const text = seen ? duration((now.value - toMs(seen)) / 1000) : "never";
  return (
    <td
      class={`c-heard num nowrap ${late ? "warmv" : "soft"}`}
      onPointerEnter={titled(() => (seen ? exactly(toMs(seen)) : ""))}
    >
      {text}
    </td>
  );
}

function CauseCell({ node }: { node: NodeView }) {
  const cause: Cause = causeOf(node, now.value);
  return (
    <td class="cause c-cause" colSpan={isMedium.value ? 4 : 5}>
      <div>
        <p>
          <b>{cause.head}</b> {cause.rest}
        </p>
        <NextStep node={node} />
      </div>
    </td>
  );
}

function NextStep({ node }: { node: NodeView }) {
  if (node.state === "offline")
    return (
      <Button small onClick={() => helpWith(node)}>
        What to check
      </Button>
    );
  if (node.state === "pending")
    return (
      <Button small onClick={() => helpWith(node)}>
        {pendingHelp(node)}
      </Button>
    );
  return isAdmin.value ? (
    <Button small onClick={() => ask("remove", node)}>
      Remove
    </Button>
  ) : null;
}
