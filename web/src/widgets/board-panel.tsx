// One panel in its frame: title, state, menu, body. It asks only while it is on the screen.

import { useSignal } from "@preact/signals";
import { useMemo, useRef } from "preact/hooks";
import type { Panel, PanelKind } from "../api/types";
import { sentence } from "../format/states";
import { atSecond } from "../format/times";
import { board, isEditing, isPublic } from "../state/board";
import { merged } from "../state/board-choices";
import { type Choices, namesIn, type PlacedPanel, withValues } from "../state/board-layout";
import { chosen } from "../state/board-values";
import { cursor } from "../state/cursor";
import { setParams } from "../state/location";
import { NO_PANEL, type PanelFeed, type PanelQuestion, panelFeed } from "../state/panel-feed";
import { refreshNow } from "../state/refresh";
import { moveCursor } from "./cursor-keys";
import { Icon, Mark } from "./icon";
import { PanelBody } from "./panel-body";
import { PanelMenu } from "./panel-menu";
import { useWaiting } from "./states";
import { useFed } from "./use-feed";
import { useKeptHeight } from "./use-kept-height";
import { useMoving } from "./use-moving";

/** What is asked for a panel of `width` pixels, as text; null while variables are not known. */
function questionOf(id: string, scope: Choices, width: number): string | null {
  const document = board.value;
  const panel = document?.panels.find((each) => each.id === id);
  const { choices, known } = chosen.value;
  if (!document || !panel || !known || !panel.queries.length) return null;
  if (emptyIn(panel, merged(choices, scope))) return null;
  const queries = panel.queries.map((query) => ({
    ...query,
    database: query.database || document.database,
    policy: query.policy || (query.database ? "" : document.policy),
  }));
  const question: PanelQuestion = {
    ...(isPublic.value ? { panel: id } : { queries }),
    variables: merged(choices, scope),
    width_px: Math.max(100, width),
  };
  return JSON.stringify(question);
}

/** A panel of no section stands right under the page's title. */
const headLevel = ({ section }: Panel, full: boolean) => (section || full ? undefined : 2);

const isSquares = ({ kind, options }: Panel): boolean => kind === "bar" && options.shape === "squares";

/** A variable that its queries name and that has no value: there is nothing to ask. */
function emptyIn(panel: Panel, choices: Choices): string {
  const names = panel.queries.flatMap((query) => (query.hide ? [] : namesIn(query.text)));
  return names.find((name) => choices[name]?.length === 0) ?? "";
}

interface BoardPanelProps {
  placed: PlacedPanel;
  full?: boolean;
  editing?: boolean;
}

export function BoardPanel({ placed, full = false, editing = false }: BoardPanelProps) {
  const host = useRef<HTMLElement>(null);
  const { panel, scope, x, y, w, h } = placed;
  const source = useMemo(() => panelFeed.bind(null, () => y), []);
  const feed = useFed(host, placed.key, source, (width) => questionOf(panel.id, scope, width), NO_PANEL);
  const kept = useKeptHeight(host, placed, feed);
  const asTable = useSignal(false);
  const moving = useMoving(host, placed, editing && !placed.copy);
  const choices = { ...chosen.value.choices, ...scope };
  const title = withValues(panel.title, choices);
  const level = panel.kind === "stat" ? " tile" : isSquares(panel) ? " squares" : "";
  const own = Object.values(scope)
    .flat()
    .filter((value) => !title.includes(value)); // whose it is, where its section is not seen
  const over = !editing && OVER_TIME.includes(panel.kind);
  const press = (event: KeyboardEvent) => {
    if (event.target !== event.currentTarget) return;
    if (event.key === "v" && panel.kind !== "text") asTable.value = !asTable.value;
    else if (!moving.press(event) && !(over && moveCursor(event.key, feed.fromS, feed.toS))) return;
    event.preventDefault();
  };
  return (
    <article
      ref={host}
      class={`panel k-${panel.kind}${level}${full ? " full" : ""}${editing ? " movable" : ""}`}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: a panel takes keys: its table, and its place while it is edited.
      tabIndex={0}
      aria-label={title || panel.id}
      aria-busy={feed.busy}
      data-panel={placed.key}
      style={{ "--x": x, "--y": y, "--w": w, "--h": h, "--kept": kept ? `${kept}px` : undefined }}
      onKeyDown={press}
      onBlur={() => {
        if (over) cursor.value = null;
      }}
    >
      <header {...moving.handle}>
        {full && !isEditing.value && (
          <button
            type="button"
            class="icon-btn"
            aria-label="Back to all panels"
            title="Back to all panels  Esc"
            onClick={() => setParams({ panel: "" })}
          >
            <Icon name="left" />
          </button>
        )}
        <h3 aria-level={headLevel(panel, full)} title={panel.description || title}>
          {full ? [title, ...own].join(", ") : title}
        </h3>
        <Troubles feed={feed} />
        <PanelMenu
          placed={placed}
          title={title}
          feed={feed}
          asTable={asTable}
          full={full}
          editing={editing}
        />
      </header>
      <div class={feed.error && feed.answer ? "panel-body dimmed" : "panel-body"}>
        <Body placed={placed} feed={feed} title={title} choices={choices} asTable={asTable.value} />
      </div>
      {editing && !placed.copy && !full && <i class="corner" aria-hidden="true" {...moving.corner} />}
    </article>
  );
}

/** A mark where something of it was not answered; the reason on hover and for screen readers. */
function Troubles({ feed }: { feed: PanelFeed }) {
  const parts = feed.answer?.answers.filter((answer) => answer.error) ?? [];
  const text = feed.error
    ? feed.answer && `Not answered since ${atSecond(feed.atMs)}: ${feed.error}`
    : parts.length < (feed.answer?.answers.length ?? 0) &&
      parts.map((part) => `Query ${part.query + 1}: ${part.error}`).join("; ");
  if (!text) return null;
  return (
    <span class="trouble" role="img" title={text} aria-label={text}>
      <Mark name="warn" />
    </span>
  );
}

interface BodyProps {
  placed: PlacedPanel;
  feed: PanelFeed;
  title: string;
  choices: Choices;
  asTable: boolean;
}

function Body({ placed: { panel }, feed, title, choices, asTable }: BodyProps) {
  const note = panel.kind === "text" ? undefined : noteOf(panel, feed, choices);
  if (note !== undefined) return note;
  return <PanelBody panel={panel} feed={feed} title={title} choices={choices} asTable={asTable} />;
}

/** What stands there in place of values; undefined when there are some. */
function noteOf(panel: Panel, { answer, error, busy }: PanelFeed, choices: Choices) {
  if (!panel.queries.length) return <p class="panel-note">It has no query yet.</p>;
  const empty = chosen.value.known && emptyIn(panel, choices);
  if (empty) return <p class="panel-note">There is no {labelOf(empty)} in this range to ask about.</p>;
  if (!answer)
    return error ? (
      <NotAnswered reason={error} />
    ) : busy ? (
      <Waiting small={TILES.includes(panel.kind)} />
    ) : null;
  const refused = answer.answers.every((each) => each.error) && answer.answers[0]?.error;
  return refused ? <NotAnswered reason={refused} /> : undefined;
}

/** What people call a variable. */
function labelOf(name: string): string {
  const label = board.value?.variables.find((each) => each.name === name)?.label;
  return label ? label.toLowerCase() : `$${name}`;
}

const NotAnswered = ({ reason }: { reason: string }) => (
  <div class="panel-note" role="alert">
    <span>
      <Mark name="crit" /> Not answered. {sentence(reason)}
    </span>
    <button type="button" class="btn small" onClick={refreshNow}>
      Try again
    </button>
  </div>
);

const OVER_TIME: PanelKind[] = ["timeseries", "timeline", "heatmap"];
const TILES: PanelKind[] = ["stat", "gauge"];

function Waiting({ small }: { small: boolean }) {
  const { words, seconds } = useWaiting();
  const text = small ? `waiting, ${seconds} s` : `Waiting for values, ${seconds} s so far`;
  return <p class="panel-note">{words ? text : ""}</p>;
}
