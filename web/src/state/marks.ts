// When nodes' agents began anew: read once for each link of a node, shared by all charts of it.

import { type Signal, signal } from "@preact/signals";
import { api } from "../api/client";
import type { MarkView, NodeView } from "../api/types.gen";

interface Known {
  sinceNs: number; // of the link they were read at
  marks: Signal<readonly MarkView[]>;
}

const NONE: readonly MarkView[] = [];
const known = new Map<string, Known>();

function knownOf(node: string): Known {
  let found = known.get(node);
  if (!found) {
    found = { sinceNs: -1, marks: signal(NONE) };
    known.set(node, found);
  }
  return found;
}

/** Those that were read; none before. */
export const marksOf = (node: string): Signal<readonly MarkView[]> => knownOf(node).marks;

/** Reads them when the node has another link than when they were read last. Charts do without where that fails. */
export async function readMarks({ id, link }: NodeView): Promise<void> {
  const found = knownOf(id);
  if (found.sinceNs === link.since_ns) return;
  found.sinceNs = link.since_ns;
  try {
    found.marks.value = await api.marks(id);
  } catch {
    found.sinceNs = -1;
  }
}
