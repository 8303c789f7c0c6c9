// Spaces with their settings, and going from one to another.

import { computed, signal } from "@preact/signals";
import { people } from "../api/people";
import type { SpaceView } from "../api/types";
import { slugOf } from "../format/spaces";
import { enterSpace, path } from "./location";
import { newest } from "./newest";
import { allNodes } from "./nodes";
import { loadSession, ownSpaces, spaceId, spaceName } from "./session";

export const spaces = signal<SpaceView[]>([]);
export const spacesError = signal("");

const ask = newest();

export async function loadSpaces(): Promise<void> {
  const isNewest = ask();
  try {
    const list = await people.spaces();
    if (!isNewest()) return;
    spaces.value = list.sort((a, b) => a.name.localeCompare(b.name));
    spacesError.value = "";
  } catch (error) {
    if (isNewest()) spacesError.value = error instanceof Error ? error.message : String(error);
  }
}

/** Names and roles may have changed: who one is, is asked again. */
export const reloadSpaces = async (): Promise<void> => {
  await Promise.all([loadSpaces(), loadSession()]);
};

/** Admins of the hub's own space manage the hub: its CA, its audit log, its spaces. */
export const isHubAdmin = computed(() => spaces.value.some((space) => space.main && space.role === "admin"));

/** Names the space on a command line, where there are several. */
export const spaceOption = (): string[] => (ownSpaces.value.length > 1 ? ["--space", spaceName.value] : []);

/** From here to another space; the present page stays where it means something there. */
export function switchSpace(id: string, to = isOfSpace(path.peek()) ? "/nodes" : path.peek()): void {
  const all = ownSpaces.peek();
  const wanted = all.find((space) => space.id === id);
  if (wanted) enterSpace(wanted === all[0] ? "" : slugOf(wanted, all), to);
}

const isOfSpace = (at: string): boolean => /^\/(?:nodes|rooms|dashboards)\/./.test(at);

/** A node's address says nothing of its space: whoever opens it is brought there. */
export function followNode(id: string): void {
  const node = allNodes.peek().get(id);
  if (node && node.space.id !== spaceId.peek()) switchSpace(node.space.id, path.peek());
}
