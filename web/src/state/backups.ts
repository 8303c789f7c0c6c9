// Backups of the hub, followed closely while one is made or read.

import { signal } from "@preact/signals";
import { backups } from "../api/backups";
import type { BackupsView } from "../api/types";
import { alsoForget } from "./forget";
import { newest } from "./newest";

const LOOK_MS = 1_000; // while something is done
const REST_MS = 20_000; // one may be planned, or begun by somebody else

export const shelf = signal<BackupsView | null>(null);
export const shelfError = signal("");

const ask = newest();

alsoForget(() => {
  ask(); // an answer on its way is of somebody else
  shelf.value = null;
  shelfError.value = "";
});

export async function loadBackups(): Promise<void> {
  const isNewest = ask();
  try {
    const found = await backups.all();
    if (!isNewest()) return;
    shelf.value = found;
    shelfError.value = "";
  } catch (error) {
    if (isNewest()) shelfError.value = error instanceof Error ? error.message : String(error);
  }
}

/** Looks again and again while the page is open; the returned function ends that. */
export function followBackups(): () => void {
  let timer = 0;
  let on = true;
  const look = async () => {
    if (!document.hidden) await loadBackups();
    if (on) timer = window.setTimeout(look, shelf.peek()?.run ? LOOK_MS : REST_MS);
  };
  void look();
  const stop = shelf.subscribe((now) => {
    if (!now?.run || !on) return; // begun here: the next look is not 20 s away
    clearTimeout(timer);
    timer = window.setTimeout(look, LOOK_MS);
  });
  return () => {
    on = false;
    stop();
    clearTimeout(timer);
  };
}

export async function backUp(): Promise<void> {
  await backups.create();
  await loadBackups();
}

export async function verifyBackup(name: string): Promise<void> {
  await backups.verify(name);
  await loadBackups();
}

export async function deleteBackup(name: string): Promise<void> {
  await backups.remove(name);
  await loadBackups();
}
