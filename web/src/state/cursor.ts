// The cursor that all charts of a page share: a time in seconds, or null.

import { signal } from "@preact/signals";

export const cursor = signal<number | null>(null);
