// Whether the hub is still starting: it answers, but has not read its journal yet. "" when it is not.

import { signal } from "@preact/signals";
import { whenStarting } from "../api/client";

export const starting = signal("");

whenStarting((text) => {
  starting.value = text;
});
