// The dashboards of the space that is looked at, and which of them the list shows.

import { signal } from "@preact/signals";
import { dashboards } from "../api/dashboards";
import type { DashboardRow } from "../api/types";
import { alsoForget } from "./forget";
import { newest } from "./newest";

export const rows = signal<DashboardRow[] | null>(null);
export const rowsError = signal("");
alsoForget(() => {
  rows.value = null;
});

const ask = newest();

export async function loadBoards(space: string): Promise<void> {
  const isNewest = ask();
  try {
    const list = await dashboards.list(space);
    if (!isNewest()) return;
    rows.value = list.sort((a, b) => a.title.localeCompare(b.title));
    rowsError.value = "";
  } catch (error) {
    if (isNewest()) rowsError.value = error instanceof Error ? error.message : String(error);
  }
}

/** Those in which every word is found and that have every chosen tag. */
export function fitting(
  list: readonly DashboardRow[],
  text: string,
  tags: readonly string[],
): DashboardRow[] {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  return list.filter((row) => {
    const hay = [row.title, row.id, row.description, ...row.tags].join(" ").toLowerCase();
    return tags.every((tag) => row.tags.includes(tag)) && words.every((word) => hay.includes(word));
  });
}

/** Every tag there is with how many have it, the usual ones first. */
export function tagsOf(list: readonly DashboardRow[]): [tag: string, count: number][] {
  const found = new Map<string, number>();
  for (const row of list) for (const tag of row.tags) found.set(tag, (found.get(tag) ?? 0) + 1);
  return [...found].sort((a, b) => b[1] - a[1] || a[0].localeCompare(b[0]));
}
