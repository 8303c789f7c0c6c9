// Labels of a node, and whether it leaves the list by itself.

import { useState } from "preact/hooks";
import { joining } from "../api/joining";
import type { NodeView } from "../api/types";
import { commandLine } from "../format/shell";
import { parseSpan, spanArgument } from "../format/spans";
import { duration } from "../format/times";
import { checkAway, isLabelKey } from "../state/limits";
import { loadNodes } from "../state/nodes";
import { Field, Segments } from "./controls";
import { Deed } from "./dialog";
import { Icon, Mark } from "./icon";

type Pair = [key: string, value: string];
const MOST = 32;

export function DescribeNode({ node, onClose }: { node: NodeView; onClose: () => void }) {
  const [pairs, setPairs] = useState<Pair[]>(() => [...Object.entries(node.labels), ["", ""]]);
  const [stays, setStays] = useState(node.ephemeral_s === 0);
  const [away, setAway] = useState(node.ephemeral_s ? duration(node.ephemeral_s) : "2 h");
  const written = pairs.filter(([key, value]) => key.trim() || value.trim());
  const wrong = faultOf(written);
  const awayError = stays ? "" : checkAway(away) || (away.trim() ? "" : "Nothing is written here.");
  const labels = Object.fromEntries(written.map(([key, value]) => [key.trim(), value.trim()]));
  const ephemeral = stays ? 0 : (parseSpan(away) ?? 0);
  const words = wordsOf(node, labels, ephemeral);
  const save = async () => {
    await joining.describeNode(node.id, { labels, ephemeral_s: ephemeral });
    await loadNodes();
  };
  return (
    <Deed
      title={`Labels and stay of ${node.name}`}
      consequence="Rooms with rules, policies and filters go by labels."
      keep="Cancel"
      deed="Keep these"
      ready={!wrong && !awayError}
      cli={words.length ? commandLine("muster", "node", "set", node.name, ...words) : ""}
      onClose={onClose}
      onDeed={save}
    >
      <Rows pairs={pairs} onChange={setPairs} />
      {wrong && (
        <p class="bad-text" role="alert">
          <Mark name="crit" />
          <span>{wrong}</span>
        </p>
      )}
      <Segments
        label="How long it stays in the list"
        value={stays ? "stays" : "leaves"}
        options={[["stays", "It stays"] as const, ["leaves", "Ephemeral"] as const]}
        onChange={(value) => setStays(value === "stays")}
      />
      {!stays && (
        <Field
          label="Leaves the list after"
          hint="So long after it was last heard. Its history is kept."
          error={awayError}
          input={{ value: away, maxLength: 24, onInput: (event) => setAway(event.currentTarget.value) }}
        />
      )}
    </Deed>
  );
}

function faultOf(pairs: Pair[]): string {
  const keys = pairs.map(([key]) => key.trim());
  const bad = keys.find((key) => !isLabelKey(key));
  if (bad !== undefined) return `“${bad}” is no key: small letters, digits and . _ / - between them.`;
  const twice = keys.find((key, index) => keys.indexOf(key) !== index);
  if (twice) return `${twice} stands here twice; a node has one value for each key.`;
  const empty = pairs.find(([, value]) => !value.trim());
  return empty ? `${empty[0]} has no value. Empty both fields to take it away.` : "";
}

function Rows({ pairs, onChange }: { pairs: Pair[]; onChange: (pairs: Pair[]) => void }) {
  const put = (at: number, pair: Pair) => onChange(pairs.map((each, index) => (index === at ? pair : each)));
  return (
    <div class="label-rows">
      {pairs.map(([key, value], index) => (
        <div class="label-row" key={index}>
          <span class="input">
            <input
              aria-label={`Key of label ${index + 1}`}
              placeholder="site"
              value={key}
              maxLength={63}
              autocapitalize="off"
              spellcheck={false}
              onInput={(event) => put(index, [event.currentTarget.value, value])}
            />
          </span>
          <span class="input">
            <input
              aria-label={`Value of label ${index + 1}`}
              placeholder="berlin"
              value={value}
              maxLength={100}
              spellcheck={false}
              onInput={(event) => put(index, [key, event.currentTarget.value])}
            />
          </span>
          <button
            type="button"
            class="icon-btn"
            aria-label={`Take label ${index + 1} away`}
            onClick={() => onChange(pairs.filter((_, at) => at !== index))}
          >
            <Icon name="x" />
          </button>
        </div>
      ))}
      {pairs.length < MOST && (
        <button type="button" class="btn small" onClick={() => onChange([...pairs, ["", ""]])}>
          <Icon name="plus" />
          One more label
        </button>
      )}
    </div>
  );
}

function wordsOf(node: NodeView, labels: Record<string, string>, ephemeral: number): string[] {
  const set = Object.entries(labels).filter(([key, value]) => node.labels[key] !== value);
  const gone = Object.keys(node.labels).filter((key) => !(key in labels));
  return [
    ...set.flatMap(([key, value]) => ["--label", `${key}=${value}`]),
    ...gone.flatMap((key) => ["--no-label", key]),
    ...(ephemeral === node.ephemeral_s ? [] : ["--ephemeral", ephemeral ? spanArgument(ephemeral) : "never"]),
  ];
}
