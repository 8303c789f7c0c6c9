// What the fields of the panel that is edited are called: its editor offers them. Told by the panel when its answer comes.

import { signal } from "@preact/signals";

const told = signal<{ panel: string; names: string[] }>({ panel: "", names: [] });

export const fieldNames = (panel: string): string[] =>
  told.value.panel === panel ? told.value.names : NOTHING;

const NOTHING: string[] = [];

export function tellFieldNames(panel: string, names: string[]): void {
  const now = told.peek();
  if (now.panel !== panel || now.names.join("\n") !== names.join("\n")) told.value = { panel, names };
}
