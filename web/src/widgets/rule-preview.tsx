// Who would be in a room by its rule, and who is in it by hand.

import type { RoomRule, RoomView } from "../api/types";
import { isEmpty } from "../format/rules";
import { sentence } from "../format/states";
import { plural } from "../format/units";
import { nodeAddress } from "../routes";
import { nodes } from "../state/nodes";
import { preview } from "../state/rule-preview";
import { Badge, Mark } from "./icon";

const MOST = 60;

export function RulePreview({ rule, room }: { rule: RoomRule; room: RoomView | null }) {
  const { nodes: found, error, asking } = preview.value;
  const byHand = [...nodes.value.values()].filter((node) =>
    node.rooms.some((own) => own.id === room?.id && !own.by_rule),
  );
  return (
    <section class="card" aria-labelledby="preview-h">
      <header>
        <h2 id="preview-h">Who is in it</h2>
        <span class={asking ? "dim" : "soft"} role="status">
          {isEmpty(rule)
            ? plural(byHand.length, "node")
            : error
              ? "the rule can't be tried"
              : `${plural(found.length, "node")} by the rule`}
        </span>
      </header>
      <div class="body stackv">
        {isEmpty(rule) && !byHand.length && (
          <p class="soft">
            Nobody yet. Without a rule a node comes in when it is claimed, or from its own page.
          </p>
        )}
        {error && (
          <p class="bad-text" role="alert">
            <Mark name="crit" />
            <span>{sentence(error)}</span>
          </p>
        )}
        {!isEmpty(rule) && !error && !asking && !found.length && (
          <p class="soft">The rule fits no node of today. One that fits comes in by itself when it joins.</p>
        )}
        {!isEmpty(rule) && !error && <Nodes list={found} dim={asking} />}
        {byHand.length > 0 && (
          <>
            {!isEmpty(rule) && <p class="dim">By hand, whatever the rule says:</p>}
            <Nodes list={byHand} dim={false} />
          </>
        )}
      </div>
    </section>
  );
}

const Nodes = ({ list, dim }: { list: readonly { id: string; name: string }[]; dim: boolean }) => (
  <ul class={dim ? "names dim" : "names"}>
    {list.slice(0, MOST).map((node) => (
      <li key={node.id}>
        <Mark name={nodes.value.get(node.id)?.state ?? "unknown"} />
        <a href={nodeAddress(node.id)}>{node.name}</a>
      </li>
    ))}
    {list.length > MOST && (
      <li>
        <Badge name="unknown">and {list.length - MOST} more</Badge>
      </li>
    )}
  </ul>
);
