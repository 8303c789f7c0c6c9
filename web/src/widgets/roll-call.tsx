// The roll call: one stroke per node in table order. Live strokes are short; every other state stands up.
// Past 120 nodes a stroke stands for a bucket and shows its worst state.

import type { NodeState, NodeView } from "../api/types";
import { RANK, STATES, WORD } from "../format/states";
import { grouped } from "../format/units";
import { nodeAddress } from "../routes";
import { tallyOf } from "../state/nodes";
import { Mark } from "./icon";
import { rangeParams } from "./places";

const MOST_STROKES = 120;

export interface Stroke {
  state: NodeState;
  copied: boolean; // some node in it has more than one holder
  nodes: NodeView[];
}

export function strokesOf(list: NodeView[]): Stroke[] {
  const size = Math.max(1, Math.ceil(list.length / MOST_STROKES));
  const strokes: Stroke[] = [];
  for (let start = 0; start < list.length; start += size) {
    const nodes = list.slice(start, start + size);
    const worst = nodes.reduce((a, b) => (severity(b.state) < severity(a.state) ? b : a));
    strokes.push({ state: worst.state, copied: nodes.some((node) => node.clone), nodes });
  }
  return strokes;
}

/** What is away comes first; a copied identity before all that is merely late. */
const classOf = ({ state, copied }: Stroke): string => (copied && state !== "offline" ? "clone" : state);

/** A bucket is live only when nothing in it is worse. */
const severity = (state: NodeState): number => (state === "live" ? 9 : RANK[state]);

interface RollCallProps {
  list: NodeView[];
  chosen: NodeState[];
  onState: (state: NodeState) => void;
}

export function RollCall({ list, chosen, onState }: RollCallProps) {
  const tally = tallyOf(list);
  const strokes = strokesOf(list);
  const copied = list.filter((node) => node.clone).length;
  return (
    <section class={strokes.length > 40 ? "roll thin" : "roll"} aria-label="Roll call">
      <ol>
        {strokes.map((stroke) => (
          <li class={classOf(stroke)} key={stroke.nodes[0]?.id}>
            <StrokeLink stroke={stroke} />
          </li>
        ))}
      </ol>
      <div class="tally">
        {STATES.filter((state) => tally[state] > 0).map((state) => (
          <button
            type="button"
            key={state}
            aria-pressed={chosen.includes(state)}
            onClick={() => onState(state)}
          >
            <Mark name={state} />
            <b>{grouped(tally[state])}</b>
            {WORD[state].toLowerCase()}
          </button>
        ))}
        {copied > 0 && (
          <span title="Live, offline or stale besides; the table lists them first">
            <Mark name="clone" />
            <b>{grouped(copied)}</b>
            {copied === 1 ? "clone" : "clones"}
          </span>
        )}
      </div>
    </section>
  );
}

function StrokeLink({ stroke }: { stroke: Stroke }) {
  const [first] = stroke.nodes;
  if (!first) return null;
  const one = stroke.nodes.length === 1;
  const copied = stroke.copied ? ", a copied identity" : "";
  const text = one
    ? `${first.name}: ${stroke.state}${copied}`
    : `${first.name} and ${stroke.nodes.length - 1} more, worst ${stroke.state}${copied}`;
  // Strokes are a picture of the table below, where the same links can be reached by keyboard.
  return (
    <a href={nodeAddress(first.id, rangeParams())} title={text} tabIndex={-1}>
      <span class="vh">{text}</span>
    </a>
  );
}
