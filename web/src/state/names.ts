// What an id that stands in the audit log is called now, where that is known.

import { nodes } from "./nodes";
import { users } from "./people";
import { allRooms } from "./rooms";
import { ownSpaces } from "./session";

/** The name of a node, room, space or user; "" for whatever else. */
export function nameOf(id: string): string {
  const node = nodes.value.get(id);
  if (node) return node.name;
  const lists = [allRooms.value, ownSpaces.value, users.value ?? []];
  return lists.flat().find((each) => each.id === id)?.name ?? "";
}
