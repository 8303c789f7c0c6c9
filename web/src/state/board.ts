// The dashboard that is open: as the hub has it, as it is edited, and the way back.

import { computed, signal } from "@preact/signals";
import { dashboards } from "../api/dashboards";
import type { Dashboard, DashboardView } from "../api/types";
import { alsoForget } from "./forget";
import { begun, changed, type History, redone, undone } from "./history";
import { param } from "./location";
import { spaceId } from "./session";

export interface Opened extends DashboardView {
  space: string;
}

export const opened = signal<Opened | null>(null);
export const boardError = signal("");
const history = signal<History<Dashboard> | null>(null);
// What was changed and not saved stays when one looks at another page.
const drafts = new Map<string, { opened: Opened; history: History<Dashboard> }>();

export const board = computed(() => history.value?.present ?? null);
export const isDirty = computed(() => board.value !== (opened.value?.dashboard ?? null));
export const canUndo = computed(() => Boolean(history.value?.past.length));
export const canRedo = computed(() => Boolean(history.value?.future.length));
export const isEditing = computed(() => param("edit") !== "" && Boolean(opened.value?.may_edit));

/** Whoever looks has a link and no session: the hub knows the queries, and nothing can be changed. */
export const isPublic = computed(() => opened.value?.space === "");

const keyOf = (space: string, id: string) => `${space}/${id}`;

export async function openBoard(space: string, id: string): Promise<void> {
  const draft = drafts.get(keyOf(space, id));
  if (draft) {
    show(draft.opened, draft.history);
    return;
  }
  if (opened.peek()?.dashboard.id !== id) closeBoard();
  try {
    const view = await dashboards.one(space, id);
    show({ ...view, space }, begun(view.dashboard));
  } catch (error) {
    boardError.value = error instanceof Error ? error.message : String(error);
  }
}

/** A dashboard that nobody can edit here: behind a public link. */
export const showOnly = (dashboard: Dashboard): void =>
  show(
    { dashboard, etag: "", built_in: false, may_edit: false, may_share: false, space: "" },
    begun(dashboard),
  );

function show(view: Opened, steps: History<Dashboard>): void {
  opened.value = view;
  history.value = steps;
  boardError.value = "";
}

/** Leaves it; what is not saved is kept for as long as the page lives. */
export function closeBoard(): void {
  const [view, steps] = [opened.peek(), history.peek()];
  if (view && steps && isDirty.peek())
    drafts.set(keyOf(view.space, view.dashboard.id), { opened: view, history: steps });
  opened.value = null;
  history.value = null;
  boardError.value = "";
}

/** Changes the document; changes with the same mark are one step back. */
export function edit(change: (board: Dashboard) => Dashboard, mark = ""): void {
  const steps = history.peek();
  if (steps) history.value = changed(steps, change(steps.present), mark);
}

export function undo(): void {
  const steps = history.peek();
  if (steps) history.value = undone(steps);
}

export function redo(): void {
  const steps = history.peek();
  if (steps) history.value = redone(steps);
}

/** Back to what the hub has. */
export function discard(): void {
  const view = opened.peek();
  if (!view) return;
  drafts.delete(keyOf(view.space, view.dashboard.id));
  history.value = begun(view.dashboard);
}

/** Errors: ApiError 412 when somebody else has saved it meanwhile. */
export async function saveBoard(): Promise<void> {
  const [view, document] = [opened.peek(), board.peek()];
  if (!view || !document) return;
  const saved = await dashboards.save(view.space, document, view.etag);
  settle({ ...view, dashboard: document, etag: saved.etag, built_in: false });
}

/** Saves over what somebody else has saved. */
export async function saveAnyway(): Promise<void> {
  const [view, document] = [opened.peek(), board.peek()];
  if (!view || !document) return;
  const theirs = await dashboards.one(view.space, document.id);
  const saved = await dashboards.save(view.space, document, theirs.etag);
  settle({ ...theirs, space: view.space, dashboard: document, etag: saved.etag, built_in: false });
}

function settle(view: Opened): void {
  drafts.delete(keyOf(view.space, view.dashboard.id));
  opened.value = view;
}

/** Takes what somebody else has saved in place of what was changed here. */
export async function takeTheirs(): Promise<void> {
  const view = opened.peek();
  if (!view) return;
  drafts.delete(keyOf(view.space, view.dashboard.id));
  const theirs = await dashboards.one(view.space, view.dashboard.id);
  show({ ...theirs, space: view.space }, begun(theirs.dashboard));
}

/** Whether a draft waits for one who comes back. */
export const hasDraft = (id: string): boolean => drafts.has(keyOf(spaceId.peek(), id));

alsoForget(() => {
  drafts.clear();
  opened.value = null;
  history.value = null;
});

// A word before the page is closed over what is not saved, here or in a draft.
globalThis.addEventListener?.("beforeunload", (event) => {
  if (isDirty.peek() || drafts.size) event.preventDefault();
});
