// The panels of a dashboard by section. A node's section names its state and leads to its page.

import type { NodeView } from "../api/types";
import { grouped } from "../format/units";
import { nodeAddress } from "../routes";
import { board, isPublic } from "../state/board";
import { read, written } from "../state/board-choices";
import { MOST_COPIES, type PlacedSection, withValues } from "../state/board-layout";
import { chosen, layout } from "../state/board-values";
import { readingOrder } from "../state/grid";
import { param, setParams } from "../state/location";
import { nodes } from "../state/nodes";
import { BoardPanel } from "./board-panel";
import { Icon, Mark } from "./icon";
import { rangeParams } from "./places";

export function BoardGrid({ editing }: { editing: boolean }) {
  const sections = layout.value;
  return (
    <div class={editing ? "board editing" : "board"}>
      {sections.map((section) => (
        <BoardSection key={section.key} placed={section} editing={editing} />
      ))}
      <Missing sections={sections} />
      <TooMany />
    </div>
  );
}

/** A repeated section or panel without values is no mistake, but needs a word. */
function Missing({ sections }: { sections: PlacedSection[] }) {
  if (!chosen.value.known) return null;
  const there = new Set(
    sections.flatMap(({ section, panels }) => [section, ...panels.map(({ panel }) => panel)]),
  );
  const stands = (id: string) => sections.some(({ section }) => (section?.id ?? "") === id);
  const lost = [
    ...(board.value?.sections.filter((section) => section.repeat && !there.has(section)) ?? []),
    ...(board.value?.panels.filter((panel) => panel.repeat && !there.has(panel) && stands(panel.section)) ??
      []),
  ];
  if (!lost.length) return null;
  const names = [...new Set(lost.map(({ repeat }) => `$${repeat}`))];
  return (
    <p class="card note">
      <span>
        {lost.map(({ title, id }) => `“${title || id}”`).join(", ")}: nothing to show, because{" "}
        {names.join(" and ")} {names.length > 1 ? "have" : "has"} no value in this range.
      </span>
    </p>
  );
}

/** More copies than a page can bear: which are missing, and what to do. */
function TooMany() {
  const { choices } = chosen.value;
  const names = new Set(board.value?.sections.map((section) => section.repeat));
  const [name, values] =
    Object.entries(choices).find(([own, all]) => names.has(own) && all.length > MOST_COPIES) ?? [];
  if (!values) return null;
  return (
    <p class="card note">
      <span>
        The first {MOST_COPIES} of {grouped(values.length)} are shown. Choose others of ${name} above.
      </span>
    </p>
  );
}

/** Sections that are not as the dashboard opens them: ?turned=host%3Dweb */
const turned = (): string[] => read(param("turned"));

const isFolded = ({ key, section }: PlacedSection): boolean =>
  (section?.collapsed ?? false) !== turned().includes(key);

function turn(key: string): void {
  const before = turned();
  const next = before.includes(key) ? before.filter((each) => each !== key) : [...before, key];
  setParams({ turned: written(next) }, true);
}

function BoardSection({ placed, editing }: { placed: PlacedSection; editing: boolean }) {
  const folded = isFolded(placed);
  const panels = readingOrder(placed.panels.map((panel) => ({ ...panel, id: panel.key })));
  const grid = !folded && (
    <div class="board-grid">
      {panels.map((panel) => (
        <BoardPanel key={panel.key} placed={panel} editing={editing && !placed.copy} />
      ))}
    </div>
  );
  if (!placed.section) return panels.length ? <section class="card">{grid}</section> : null;
  return (
    <section class="card" aria-label={placed.title}>
      <Head placed={placed} folded={folded} onFold={() => turn(placed.key)} />
      {grid}
    </section>
  );
}

interface HeadProps {
  placed: PlacedSection;
  folded: boolean;
  onFold: () => void;
}

function Head({ placed, folded, onFold }: HeadProps) {
  const node = nodeOf(placed);
  const title = withValues(placed.title, chosen.value.choices);
  return (
    <header class="section-head">
      <button type="button" class="fold" aria-expanded={!folded} onClick={onFold}>
        <Icon name={folded ? "right" : "down"} />
        {node && <Mark name={node.state} />}
        <h2>{title}</h2>
      </button>
      {node && <About node={node} />}
    </header>
  );
}

/** The node whose name or host name is the section's own value. */
function nodeOf(placed: PlacedSection): NodeView | undefined {
  const value = placed.section?.repeat ? placed.scope[placed.section.repeat]?.[0] : undefined;
  if (value === undefined || isPublic.value) return undefined;
  return [...nodes.value.values()].find((node) => node.name === value || node.facts.hostname === value);
}

const About = ({ node }: { node: NodeView }) => (
  <>
    <span class="facts">
      {[
        node.facts.os,
        node.facts.cores ? `${node.facts.cores} cores` : "",
        node.link.address.replace(/:\d+$/, ""),
      ]
        .filter(Boolean)
        .join(", ")}
    </span>
    <a class="btn small quiet" href={nodeAddress(node.id, rangeParams())}>
      Open node
      <Icon name="right" />
    </a>
  </>
);
