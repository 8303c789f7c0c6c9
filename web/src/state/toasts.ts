// Short messages at the bottom left, and the polite voice for screen readers. Errors stay until closed.

import { signal } from "@preact/signals";

export interface Toast {
  id: number;
  kind: "ok" | "crit";
  text: string;
}

const SHOWN_MS = 5_000;
const SPOKEN_EVERY_MS = 5_000;
let counter = 0;

export const toasts = signal<Toast[]>([]);
/** What the polite live region says now. */
export const spoken = signal("");

export function toast(text: string, kind: Toast["kind"] = "ok"): void {
  counter += 1;
  const id = counter;
  const others = toasts.value.filter((entry) => entry.text !== text); // once is enough
  toasts.value = [...others.slice(-2), { id, kind, text }];
  if (kind === "ok") setTimeout(() => closeToast(id), SHOWN_MS);
}

export function closeToast(id: number): void {
  toasts.value = toasts.value.filter((entry) => entry.id !== id);
}

/** Shows a failure: what was tried, and the hub's reason. */
export function failed(what: string, error: unknown): void {
  const reason = error instanceof Error ? error.message : String(error);
  toast(`${what}: ${reason}`, "crit");
}

let waiting: string[] = [];
let timer = 0;

/** Says state changes politely and in batches: one every 5 s, values never. */
export function speak(text: string): void {
  waiting.push(text);
  if (timer) return;
  timer = window.setTimeout(() => {
    spoken.value = waiting.length > 4 ? `${waiting.length} nodes changed state` : waiting.join(", ");
    waiting = [];
    timer = 0;
  }, SPOKEN_EVERY_MS);
}
