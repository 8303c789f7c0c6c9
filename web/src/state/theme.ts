// Light, dark or the system's choice. /theme.js has set it before the first paint; charts read colours anew on change.

import { signal } from "@preact/signals";

export type Theme = "system" | "light" | "dark";
const KEY = "muster.theme";
const ORDER: Theme[] = ["system", "light", "dark"];

export const theme = signal<Theme>("system");
/** Grows by one whenever colours may have changed. */
export const painted = signal(0);

export function startTheme(): void {
  const stored = remembered();
  if (stored === "light" || stored === "dark") theme.value = stored;
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", repaint);
  matchMedia("(prefers-contrast: more)").addEventListener("change", repaint);
}

export function setTheme(next: Theme): void {
  theme.value = next;
  const root = document.documentElement;
  if (next === "system") delete root.dataset.theme;
  else root.dataset.theme = next;
  try {
    if (next === "system") localStorage.removeItem(KEY);
    else localStorage.setItem(KEY, next);
  } catch {
    // Storage may be switched off; the choice then lasts until the page is left.
  }
  repaint();
}

export function nextTheme(): void {
  setTheme(ORDER[(ORDER.indexOf(theme.value) + 1) % ORDER.length] ?? "system");
}

function repaint(): void {
  painted.value += 1;
}

function remembered(): string | null {
  try {
    return localStorage.getItem(KEY);
  } catch {
    return null;
  }
}
