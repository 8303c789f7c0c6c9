// Whose credential ends next, and whether its renewal is on time; and what else ends within a month.

import { pki } from "../api/pki";
import type { NodeView } from "../api/types";
import { sentence } from "../format/states";
import { exactly, toMs } from "../format/times";
import { nodeAddress } from "../routes";
import { now } from "../state/clock";
import { loadError, loaded, loadNodes, nodes } from "../state/nodes";
import { isHubAdmin } from "../state/spaces";
import { Badge } from "./icon";
import { lifeOf } from "./life";
import { ErrorNote } from "./states";
import { useRead } from "./use-read";

const MOST = 6;

export function ExpiryCard() {
  const list = [...nodes.value.values()]
    .filter((node) => node.credential && node.state !== "revoked")
    .sort((a, b) => (a.credential?.not_after_ns ?? 0) - (b.credential?.not_after_ns ?? 0));
  if (!loaded.value && loadError.value)
    return (
      <ErrorNote
        title="The credentials could not be read"
        text={sentence(loadError.value)}
        onRetry={() => void loadNodes()}
      />
    );
  const late = list.filter((node) => lifeOf(node.credential, now.value)?.late);
  return (
    <section class="card" aria-labelledby="exp-h">
      <header>
        <h2 id="exp-h">Credentials</h2>
        <Badge name={late.length ? "warn" : "ok"}>
          {late.length ? `${late.length} late` : "All on time"}
        </Badge>
      </header>
      <div class="body">
        {list.length ? (
          <dl class="kv wide ends">
            {list.slice(0, MOST).map((node) => (
              <Line key={node.id} node={node} />
            ))}
          </dl>
        ) : (
          <p class="soft">No node holds a credential yet.</p>
        )}
        {list.length > MOST && (
          <p class="dim">
            The next {MOST} of {list.length}.
          </p>
        )}
        {isHubAdmin.value && <Endings />}
      </div>
    </section>
  );
}

/** Certificates that do not renew by themselves, or whose renewal needs somebody. */
function Endings() {
  const { data } = useRead(pki.expiring);
  if (!data?.length) return null;
  return (
    <dl class="kv wide endings">
      {data.map((each) => [
        <dt key={each.id}>{each.days < 0 ? "Ended" : `In ${each.days} d`}</dt>,
        <dd key={`${each.id}.`} class="wrap" title={exactly(toMs(each.not_after_ns))}>
          <b>{each.name}</b> <span class="dim">{each.kind.replaceAll("_", " ")}</span>
          {each.remedy && <span class="sub wrap">{each.remedy}</span>}
        </dd>,
      ])}
    </dl>
  );
}

function Line({ node }: { node: NodeView }) {
  const life = lifeOf(node.credential, now.value);
  const tone = life?.expired ? "hot" : life?.late ? "warmv" : "soft";
  return (
    <>
      <dt>
        <a href={nodeAddress(node.id)} title={node.name}>
          {node.name}
        </a>
      </dt>
      <dd class={tone} title={`Expires ${exactly(toMs(node.credential?.not_after_ns ?? 0))}`}>
        {life?.text}
      </dd>
    </>
  );
}
