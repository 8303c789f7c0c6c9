// Who waits for an admin. The hub says how many whenever that changes; the list is read then, by pages that show it.

import { computed, effect, signal } from "@preact/signals";
import { joining } from "../api/joining";
import type { ApprovalView, Queue } from "../api/types";
import { newest } from "./newest";

const NOBODY: Queue = { waiting: 0, newest_ns: 0 };

/** As the hub said last, for the spaces where one decides. */
export const queue = signal<Queue>(NOBODY);
export const waitingCount = computed(() => queue.value.waiting);
export const claims = signal<ApprovalView[]>([]);
/** Whether the list was read once; and why it could not be read the last time. */
export const claimsLoaded = signal(false);
export const claimsError = signal("");

const ask = newest();

export async function loadClaims(decidedToo = false): Promise<void> {
  const isNewest = ask();
  try {
    const found = await joining.approvals(decidedToo);
    if (!isNewest()) return;
    claims.value = found;
    claimsLoaded.value = true;
    claimsError.value = "";
  } catch (error) {
    if (isNewest()) claimsError.value = error instanceof Error ? error.message : String(error);
  }
}

/** Keeps the list as the queue is; the returned function ends that. */
export function followClaims(decidedToo = false): () => void {
  return effect(() => {
    queue.value;
    void loadClaims(decidedToo);
  });
}

export function forgetClaims(): void {
  queue.value = NOBODY;
  claims.value = [];
  claimsLoaded.value = false;
}

export const isOpen = (claim: ApprovalView): boolean => claim.decision === "";
