// Two machines with one identity: what each says of itself side by side, and what can be done about it.

import { signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { joining } from "../api/joining";
import type { CloneView, HolderView, NodeView } from "../api/types";
import { commandLine } from "../format/shell";
import { roughly, since, toMs } from "../format/times";
import { nodeAddress } from "../routes";
import { now } from "../state/clock";
import { loadNodes } from "../state/nodes";
import { isAdmin } from "../state/session";
import { toast } from "../state/toasts";
import { Deed } from "./dialog";
import { HoldersTable, LETTERS } from "./holders-table";
import { Icon, Mark } from "./icon";
import { useRead } from "./use-read";

const AGAIN_MS = 5_000; // who is here now, and what became of a fork

type Ask = { deed: "fork"; clone: CloneView; holder: HolderView } | { deed: "dismiss"; clone: CloneView };
const asked = signal<Ask | null>(null);

/** The open case of a node. Whoever is no admin sees that there is one, and no addresses. */
export function CloneCard({ node }: { node: NodeView }) {
  const summary = node.clone;
  if (!summary) return null;
  return (
    <section class="card clonecard" aria-labelledby="clone-h">
      <header>
        <Mark name="clone" />
        <h2 id="clone-h">
          {summary.holders === 2 ? "Two machines hold" : `${summary.holders} machines hold`} the identity of{" "}
          {node.name}
        </h2>
        <span class="soft">
          since {since(toMs(summary.since_ns), now.value)},{" "}
          {roughly((now.value - toMs(summary.since_ns)) / 1000)}
        </span>
      </header>
      <p class="body">{summary.text}</p>
      {isAdmin.value ? (
        <Case id={summary.id} node={node} />
      ) : (
        <footer class="acts2">
          <p>An admin can set both side by side and give one its own identity.</p>
        </footer>
      )}
    </section>
  );
}

function Case({ id, node }: { id: string; node: NodeView }) {
  const { data, error, again } = useRead(() => joining.clone(id));
  useEffect(() => {
    const timer = setInterval(() => document.hidden || void again(), AGAIN_MS);
    return () => clearInterval(timer);
  }, [id]);
  if (!data)
    return error ? (
      <p class="body bad-text">Both could not be read: {error}.</p>
    ) : (
      <div class="holders awaited" aria-busy="true" />
    );
  return (
    <>
      <div class="holders">
        <HoldersTable clone={data} />
      </div>
      <footer class="acts2">
        {[...data.holders.slice(1), ...data.holders.slice(0, 1)].map((holder) => (
          <ForkButton key={holder.instance} clone={data} holder={holder} />
        ))}
        <button
          type="button"
          class="btn"
          onClick={() => {
            asked.value = { deed: "dismiss", clone: data };
          }}
        >
          Dismiss…
        </button>
        <p>Nothing is lost by waiting: A goes on, what B had to say stays in its own spool.</p>
      </footer>
      <CloneDeeds node={node} onDone={again} />
    </>
  );
}

/** Mostly it is the second that has to leave; sometimes the first is the copy. */
function ForkButton({ clone, holder }: { clone: CloneView; holder: HolderView }) {
  const place = clone.holders.indexOf(holder);
  const letter = LETTERS[place] ?? "?";
  if (holder.became)
    return (
      <a class="btn" href={nodeAddress(holder.became)}>
        Open what {letter} became
      </a>
    );
  if (holder.decision === "fork")
    return <span class="soft">{letter} is told to claim as a node of its own</span>;
  return (
    <button
      type="button"
      class={place ? "btn primary" : "btn"}
      onClick={() => {
        asked.value = { deed: "fork", clone, holder };
      }}
    >
      <Icon name="fork" />
      {place ? `Give ${letter} its own identity…` : `${letter} is the copy…`}
    </button>
  );
}

function CloneDeeds({ node, onDone }: { node: NodeView; onDone: () => Promise<void> }) {
  const ask = asked.value;
  if (!ask || ask.clone.node !== node.id) return null;
  const onClose = () => {
    asked.value = null;
  };
  const after = async (said: string) => {
    toast(said);
    await onDone();
    void loadNodes();
  };
  if (ask.deed === "dismiss")
    return (
      <Deed
        title={`Warn no more of the copies of ${node.name}?`}
        consequence="The first keeps the link and the identity. The other stays out, quietly, until the first is gone, and the hub warns no more of the two."
        keep="Keep the case"
        deed={`Dismiss for ${node.name}`}
        danger
        cli={commandLine("muster", "node", "dismiss", node.name)}
        onClose={onClose}
        onDeed={() =>
          joining.dismiss(ask.clone.id).then(() => after(`The copies of ${node.name} are dismissed`))
        }
      />
    );
  const { holder, clone } = ask;
  const who = holder.hostname && holder.hostname !== node.name ? holder.hostname : holder.address;
  return (
    <Deed
      title={`Give ${who} its own identity?`}
      consequence={`It is told to make a new key and to claim as a node of its own, into the same rooms. ${node.name} keeps its name, its certificate and all history.`}
      keep="Not now"
      deed={`Fork ${who} off`}
      cli={commandLine("muster", "node", "fork", node.name, "--holder", holder.instance)}
      onClose={onClose}
      onDeed={() =>
        joining.fork(clone.id, holder.instance).then(() => after(`${who} becomes a node of its own`))
      }
    />
  );
}
