// Spaces in addresses: a short word of the name where that is enough, the id where it is not.

import type { Named } from "../api/types";

const word = (name: string): string =>
  name
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, "-")
    .replace(/^-+|-+$/g, "");

/** What stands for a space in an address; two spaces never share one. */
export function slugOf(space: Named, all: readonly Named[]): string {
  const own = word(space.name);
  const taken = all.some((each) => each.id !== space.id && word(each.name) === own);
  return own && !taken ? own : space.id;
}

export const findBySlug = <T extends Named>(text: string, all: readonly T[]): T | undefined =>
  all.find((each) => each.id === text || slugOf(each, all) === text);
