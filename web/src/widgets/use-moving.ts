// Moving and resizing a panel while a dashboard is edited: by its head and its corner with the pointer, by arrows with
// the keyboard. What is in the way makes room at once; one drag is one step back.

import type { RefObject } from "preact";
import { useRef } from "preact/hooks";
import type { PanelGrid } from "../api/types";
import { edit, redo, undo } from "../state/board";
import { withCopy, withGrid, withoutPanel, withStep } from "../state/board-edits";
import type { PlacedPanel } from "../state/board-layout";
import { COLUMNS } from "../state/grid";
import { setParams } from "../state/location";

interface Drag {
  pointer: number;
  x: number;
  y: number;
  grid: PanelGrid;
  mark: string;
}

type PointerHandler = (event: PointerEvent & { currentTarget: HTMLElement }) => void;

interface Handlers {
  onPointerDown?: PointerHandler;
  onPointerMove?: PointerHandler;
  onPointerUp?: PointerHandler;
  onPointerCancel?: PointerHandler;
}

const ARROWS: Record<string, [dx: number, dy: number]> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};

export function useMoving(host: RefObject<HTMLElement | null>, placed: PlacedPanel, on: boolean) {
  const drag = useRef<Drag | null>(null);
  const { panel } = placed;
  const drags = (change: (grid: PanelGrid, dx: number, dy: number) => Partial<PanelGrid>): Handlers => ({
    onPointerDown: (event) => {
      if (event.button || (event.target as Element).closest("button, a, input")) return;
      event.preventDefault();
      event.currentTarget.setPointerCapture(event.pointerId);
      const { clientX: x, clientY: y, pointerId: pointer } = event;
      drag.current = { pointer, x, y, grid: panel.grid, mark: `drag ${panel.id} ${event.timeStamp}` };
    },
    onPointerMove: (event) => {
      const now = drag.current;
      const grid = host.current?.parentElement;
      if (!now || now.pointer !== event.pointerId || !grid) return;
      const column = grid.clientWidth / COLUMNS;
      const row = (host.current?.offsetHeight ?? 1) / Math.max(1, panel.grid.h);
      const dx = Math.round((event.clientX - now.x) / column);
      const dy = Math.round((event.clientY - now.y) / row);
      edit((board) => withGrid(board, panel.id, change(now.grid, dx, dy)), now.mark);
    },
    onPointerUp: () => {
      drag.current = null;
    },
    onPointerCancel: () => {
      drag.current = null;
    },
  });
  const press = (event: KeyboardEvent): boolean => on && pressed(event, panel.id, panel.grid);
  if (!on) return { handle: {}, corner: {}, press };
  return {
    handle: drags(({ x, y }, dx, dy) => ({ x: x + dx, y: y + dy })),
    corner: drags(({ w, h }, dx, dy) => ({ w: w + dx, h: Math.max(1, h + dy) })),
    press,
  };
}

/** Arrows move, with Shift they resize; d copies, Delete removes, Enter opens the editor. */
function pressed(event: KeyboardEvent, id: string, { w, h }: PanelGrid): boolean {
  const arrow = ARROWS[event.key];
  if (arrow) {
    const [dx, dy] = arrow;
    edit((board) =>
      event.shiftKey
        ? withGrid(board, id, { w: Math.max(1, w + dx), h: Math.max(1, h + dy) })
        : withStep(board, id, dx, dy),
    );
  } else if (event.key === "d" && !event.ctrlKey) edit((board) => withCopy(board, id)[0]);
  else if (event.key === "Delete") edit((board) => withoutPanel(board, id));
  else if (event.key === "Enter") setParams({ panel: id });
  else return undoes(event);
  return true;
}

function undoes(event: KeyboardEvent): boolean {
  if (!(event.ctrlKey || event.metaKey) || event.key.toLowerCase() !== "z") return false;
  if (event.shiftKey) redo();
  else undo();
  return true;
}
