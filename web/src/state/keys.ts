// Keys of the whole product: one listener, single keys and two-key paths (g n). Single keys can be switched off.

import { signal } from "@preact/signals";
import { paused } from "./session";

export interface Key {
  keys: string; // "j", "g n", "Ctrl k"
  what: string;
  run: () => void;
}

const STORE = "muster.single-keys";
const PATH_MS = 1_200;
const groups = new Map<string, Key[]>();

export const singleKeys = signal(remembered());
export const keysShown = signal(false);

export function setSingleKeys(on: boolean): void {
  singleKeys.value = on;
  try {
    if (on) localStorage.removeItem(STORE);
    else localStorage.setItem(STORE, "off");
  } catch {
    // Storage may be switched off; the choice then lasts until the page is left.
  }
}

function remembered(): boolean {
  try {
    return localStorage.getItem(STORE) !== "off";
  } catch {
    return true;
  }
}

/** Adds the keys of one part of the screen; the returned function takes them away again. */
export function bind(group: string, keys: Key[]): () => void {
  groups.set(group, keys);
  return () => {
    if (groups.get(group) === keys) groups.delete(group);
  };
}

/** Everything bound now, for the page of keys. */
export const bound = (): [string, Key[]][] => [...groups];

let prefix = "";
let prefixTimer = 0;

export function startKeys(): void {
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.isComposing) return;
    const name = nameOf(event);
    if (isOurs(name, event.target) && take(name)) event.preventDefault();
  });
}

/** Chords work everywhere; single keys only where nobody types and nothing asks. */
function isOurs(name: string, target: EventTarget | null): boolean {
  if (paused.peek()) return false;
  if (/^(Ctrl|Alt) /.test(name)) return true;
  if (name === "Enter" && isPressed(target)) return false;
  return singleKeys.value && !isTyping(target) && !isModal();
}

/** Runs what a key means, or remembers it as the first of two. */
function take(name: string): boolean {
  const match = find(prefix ? `${prefix} ${name}` : name) ?? find(name);
  forget();
  if (match) match.run();
  else if (startsPath(name)) {
    prefix = name;
    prefixTimer = window.setTimeout(forget, PATH_MS);
  }
  return match !== undefined;
}

function forget(): void {
  prefix = "";
  clearTimeout(prefixTimer);
}

function nameOf(event: KeyboardEvent): string {
  if (event.ctrlKey || event.metaKey) return `Ctrl ${event.key.toLowerCase()}`;
  if (event.altKey) return `Alt ${event.key}`;
  return event.key;
}

function find(keys: string): Key | undefined {
  for (const group of [...groups.values()].reverse()) {
    const match = group.find((key) => key.keys === keys);
    if (match) return match;
  }
  return undefined;
}

function startsPath(name: string): boolean {
  return [...groups.values()].some((group) => group.some((key) => key.keys.startsWith(`${name} `)));
}

/** Enter belongs to the link or button that has the focus. */
function isPressed(target: EventTarget | null): boolean {
  return target instanceof Element && target.closest("a, button, summary, [role=option]") !== null;
}

function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  return target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName);
}

const isModal = (): boolean => document.querySelector("dialog[open]") !== null;
