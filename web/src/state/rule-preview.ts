// Which nodes a rule would take in, asked of the hub while it is written: the last question wins.

import { signal } from "@preact/signals";
import { people } from "../api/people";
import type { Fitting, RoomRule } from "../api/types";
import { isEmpty } from "../format/rules";
import { spaceId } from "./session";

const PAUSE_MS = 250; // of typing

export interface Preview {
  nodes: Fitting[];
  error: string;
  asking: boolean;
}

const NOTHING: Preview = { nodes: [], error: "", asking: false };

export const preview = signal<Preview>(NOTHING);

let asked = 0;
let timer = 0;

/** Asks after a pause of typing; an empty rule takes in nothing and is not asked about. */
export function tryRule(rule: RoomRule): void {
  forgetPreview();
  if (isEmpty(rule)) {
    preview.value = NOTHING;
    return;
  }
  preview.value = { ...preview.peek(), asking: true };
  const own = asked;
  timer = window.setTimeout(() => void ask(rule, own), PAUSE_MS);
}

export function forgetPreview(): void {
  asked += 1;
  clearTimeout(timer);
}

async function ask(rule: RoomRule, own: number): Promise<void> {
  let found: Preview;
  try {
    found = { nodes: await people.tryRule(rule, spaceId.peek()), error: "", asking: false };
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    found = { nodes: [], error: text, asking: false };
  }
  if (own === asked) preview.value = found;
}
