// One dashboard: its variables, its panels, one of them alone, or one while it is edited. The address is the view.

import { type Signal, useSignal } from "@preact/signals";
import { useEffect, useLayoutEffect } from "preact/hooks";
import { sentence } from "../format/states";
import { setZone } from "../format/times";
import {
  board,
  boardError,
  closeBoard,
  isDirty,
  isEditing,
  openBoard,
  opened,
  redo,
  undo,
} from "../state/board";
import type { PlacedPanel } from "../state/board-layout";
import { withValues } from "../state/board-layout";
import { chosen, layout, oracle, reloadValues } from "../state/board-values";
import { bind } from "../state/keys";
import { param, params, setParams } from "../state/location";
import { ownStandard } from "../state/range";
import { startRefresh } from "../state/refresh";
import { spaceId, spaceName } from "../state/session";
import { BoardDeeds } from "../widgets/board-deeds";
import { BoardGrid } from "../widgets/board-grid";
import { type BoardDeed, BoardHead } from "../widgets/board-head";
import { BoardPanel } from "../widgets/board-panel";
import { OutlineEditor } from "../widgets/outline-editor";
import { PanelEditor } from "../widgets/panel-editor";
import { refreshAll } from "../widgets/refresh-menu";
import { Shell } from "../widgets/shell";
import { Empty, ErrorNote, Skeleton } from "../widgets/states";
import "../styles/boards.css";

export function DashboardPage({ id }: { id: string }) {
  const space = spaceId.value;
  const deed = useSignal<BoardDeed>("");
  useEffect(() => {
    oracle.value = null;
    reloadValues();
    void openBoard(space, id);
    return () => {
      closeBoard();
      ownStandard.value = "";
    };
  }, [space, id]);
  useBoard();
  useLayoutEffect(() => bind("Dashboard", keys(deed)), []);
  const editing = isEditing.value;
  useLayoutEffect(() => (editing ? bind("Editing", editingKeys) : undefined), [editing]);
  const document = board.value;
  const title = document?.title ?? opened.value?.dashboard.title ?? id;
  const crumbs = [
    { text: spaceName.value, href: "/nodes" },
    { text: "Dashboards", href: "/dashboards" },
    { text: title },
  ];
  return (
    <Shell title={title} crumbs={crumbs} ranged>
      {document ? (
        <>
          <BoardHead title={document.title} deed={deed} />
          <Content />
          <BoardDeeds deed={deed} />
        </>
      ) : boardError.value ? (
        <ErrorNote
          title="The dashboard could not be read"
          text={sentence(boardError.value)}
          onRetry={() => void openBoard(space, id)}
        />
      ) : (
        <Skeleton what="the dashboard" />
      )}
    </Shell>
  );
}

/** What runs while a dashboard is on the screen: its refresh, its range, its zone. */
export function useBoard(): void {
  useEffect(() => startRefresh(), []);
  const time = board.value?.time;
  const key = JSON.stringify(time);
  useLayoutEffect(() => {
    if (!time) return undefined;
    ownStandard.value = time.last || "3h";
    setZone(time.zone);
    const said = ["range", "from", "to"].some((name) => params.peek().has(name));
    const [from, to] = [Date.parse(time.start), Date.parse(time.end)];
    if (!said && from > 0 && to > from) setParams({ from: String(from), to: String(to) }, true);
    return () => setZone("");
  }, [key]);
}

const keys = (deed: Signal<BoardDeed>) => [
  { keys: "r", what: "Ask again now", run: refreshAll },
  { keys: "e", what: "Edit the dashboard", run: () => opened.peek()?.may_edit && setParams({ edit: "1" }) },
  { keys: "Escape", what: "Back from one panel to all", run: () => back(deed) },
];

const editingKeys = [
  { keys: "Ctrl z", what: "Undo a change", run: undo },
  { keys: "Ctrl y", what: "Redo it", run: redo },
];

function back(deed: Signal<BoardDeed>): void {
  if (deed.value) deed.value = "";
  else if (param("panel")) setParams({ panel: "" });
  else if (isEditing.peek() && !isDirty.peek()) setParams({ edit: "" });
}

/** The panel that an address names: by its place, or the first of a repetition by its id. */
export function panelNamed(name: string): PlacedPanel | undefined {
  const all = layout.value.flatMap((section) => section.panels);
  return all.find((placed) => placed.key === name) ?? all.find((placed) => placed.panel.id === name);
}

export function Content() {
  const name = param("panel");
  const one = name ? panelNamed(name) : undefined;
  const editing = isEditing.value;
  if (name && !one) return chosen.value.known ? <NoPanel name={name} /> : <Skeleton what="the variables" />;
  if (one)
    return (
      <div class={editing ? "alone-panel edited" : "alone-panel"}>
        <section class="card" aria-label={withValues(one.panel.title, chosen.value.choices)}>
          <BoardPanel key={one.key} placed={one} full />
        </section>
        {editing && <PanelEditor id={one.panel.id} />}
      </div>
    );
  if (editing && param("edit") === "outline") return <OutlineEditor />;
  if (!board.value?.panels.length) return <NoPanels />;
  return <BoardGrid editing={editing} />;
}

const NoPanel = ({ name }: { name: string }) => (
  <div class="card">
    <Empty title={`There is no panel “${name}” here`} text="It may belong to a value that is not chosen.">
      <button type="button" class="btn" onClick={() => setParams({ panel: "" })}>
        Show all panels
      </button>
    </Empty>
  </div>
);

const NoPanels = () => (
  <div class="card">
    <Empty title="No panel yet" text="Each panel asks a question of the stored values and shows the answer.">
      {opened.value?.may_edit && !isEditing.value && (
        <button type="button" class="btn" onClick={() => setParams({ edit: "1" })}>
          Edit
        </button>
      )}
    </Empty>
  </div>
);
