// Rooms, their counts and their worst state.

import { computed, signal } from "@preact/signals";
import { people } from "../api/people";
import type { NodeState, RoomView } from "../api/types";
import { RANK } from "../format/states";
import { newest } from "./newest";
import { nodes } from "./nodes";
import { spaceId } from "./session";

/** Of all spaces in which one may look. */
export const allRooms = signal<RoomView[]>([]);
/** Of the space that is looked at. */
export const rooms = computed(() => allRooms.value.filter((room) => room.space.id === spaceId.value));

const ask = newest();

export async function loadRooms(): Promise<void> {
  const isNewest = ask();
  const list = await people.rooms();
  if (isNewest()) allRooms.value = list.sort((a, b) => a.name.localeCompare(b.name));
}

export interface RoomCount {
  count: number;
  worst: NodeState | null; // null when nothing is wrong
}

const NONE: RoomCount = { count: 0, worst: null };

/** Per room id, and under "" for all nodes. */
export const counts = computed(() => {
  const found = new Map<string, RoomCount>();
  for (const node of nodes.value.values()) {
    const worst = node.state === "offline" || node.state === "stale" ? node.state : null;
    for (const room of ["", ...node.rooms.map((each) => each.id)])
      found.set(room, add(found.get(room) ?? NONE, worst));
  }
  return found;
});

function add(before: RoomCount, state: NodeState | null): RoomCount {
  const worse = state && (!before.worst || RANK[state] < RANK[before.worst]) ? state : before.worst;
  return { count: before.count + 1, worst: worse };
}

/** The room an address names, by name in any case or by id. */
export function findRoom(text: string): RoomView | undefined {
  const wanted = text.toLowerCase();
  return rooms.value.find((room) => room.id === text || room.name.toLowerCase() === wanted);
}
