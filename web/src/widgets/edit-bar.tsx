// What one does while a dashboard is edited: add, undo, save.

import { type Signal, useSignal } from "@preact/signals";
import { ApiError } from "../api/client";
import type { PanelKind } from "../api/types";
import { board, canRedo, canUndo, edit, isDirty, opened, redo, saveBoard, undo } from "../state/board";
import { withNewPanel } from "../state/board-edits";
import { param, setParams } from "../state/location";
import { failed, toast } from "../state/toasts";
import type { BoardDeed } from "./board-head";
import { Button } from "./controls";
import { Icon, type IconName } from "./icon";
import { Item, Menu } from "./menu";

export const KINDS: readonly (readonly [PanelKind, string])[] = [
  ["timeseries", "Time series"],
  ["stat", "Single value"],
  ["gauge", "Gauge"],
  ["bar", "Bars"],
  ["table", "Table"],
  ["histogram", "Histogram"],
  ["timeline", "States over time"],
  ["heatmap", "Heat map"],
  ["text", "Text"],
];

function add(kind: PanelKind): void {
  let made = "";
  edit((document) => {
    const [next, id] = withNewPanel(document, kind);
    made = id;
    return next;
  });
  setParams({ panel: made });
}

export function EditBar({ deed }: { deed: Signal<BoardDeed> }) {
  const busy = useSignal(false);
  const save = async () => {
    busy.value = true;
    try {
      await saveBoard();
      toast(`${board.peek()?.title ?? "The dashboard"} is saved`);
    } catch (error) {
      if (error instanceof ApiError && error.status === 412) deed.value = "conflict";
      else failed("It is not saved", error);
    }
    busy.value = false;
  };
  const leave = () => {
    if (isDirty.value) deed.value = "discard";
    else setParams({ edit: "", panel: "" });
  };
  return (
    <div class="edit-bar" role="toolbar" aria-label="Editing">
      <Menu
        label="Add a panel"
        class="btn"
        button={
          <>
            <Icon name="plus" />
            <span class="wide">Add a panel</span>
          </>
        }
      >
        {KINDS.map(([kind, name]) => (
          <Item key={kind} onPick={() => add(kind)}>
            {name}
          </Item>
        ))}
      </Menu>
      <Tool
        icon="list"
        name="Variables, sections"
        onClick={() => setParams({ edit: "outline", panel: "" })}
      />
      <Tool icon="undo" name="Undo" disabled={!canUndo.value} onClick={undo} />
      <Tool icon="redo" name="Redo" disabled={!canRedo.value} onClick={redo} />
      <span class="hint">
        {param("panel") || param("edit") !== "1"
          ? ""
          : "Drag a head to move, a corner to resize; or arrows, with Shift to resize."}
      </span>
      {opened.value?.built_in && (
        <span class="built-in">It is built in: saving makes a copy of this space's own.</span>
      )}
      <Button onClick={leave}>{isDirty.value ? "Discard" : "Done"}</Button>
      <Button kind="primary" disabled={!isDirty.value || busy.value} onClick={() => void save()}>
        Save
      </Button>
    </div>
  );
}

interface ToolProps {
  icon: IconName;
  name: string;
  disabled?: boolean;
  onClick: () => void;
}

/** Its word where there is room for it, else its icon. */
const Tool = ({ icon, name, disabled = false, onClick }: ToolProps) => (
  <button type="button" class="btn tool" title={name} aria-label={name} disabled={disabled} onClick={onClick}>
    <Icon name={icon} />
    <span class="wide">{name}</span>
  </button>
);
