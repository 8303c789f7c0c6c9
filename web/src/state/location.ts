// The address bar as a signal: the URL is the view. Only this file touches history.

import { computed, signal } from "@preact/signals";
import { inward, outward } from "../api/base";
import { address, routeOf } from "../routes";

const place = signal(new URL(globalThis.location?.href ?? "http://localhost/"));

// A space that is not one's first stands in front of the path: /s/customers/nodes
const SPACE = /^\/s\/([^/]+)(?=\/|$)/;
// What lies in no space: files, and what the hub itself answers.
const APART = /^\/(?:s|api|v1)\/|\.pem$/;

const whole = computed(() => inward(place.value.pathname));
/** The space that the address names; "" for one's first. */
export const spaceInPath = computed(() => decoded(SPACE.exec(whole.value)?.[1] ?? ""));
export const path = computed(() => whole.value.replace(SPACE, "") || "/");
export const params = computed(() => place.value.searchParams);
export const route = computed(() => routeOf(path.value));

/** One parameter; an effect that reads it runs again only when it changes. */
export const param = (name: string): string => params.value.get(name) ?? "";

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

const front = (space: string): string => (space ? `/s/${encodeURIComponent(space)}` : "");

/** A path of ours in the space that is looked at. */
export const inSpace = (to: string, space = spaceInPath.peek()): string =>
  to.startsWith("/") && !to.startsWith("//") && !APART.test(to) ? front(space) + to : to;

/** Goes to a path in another space; "" is one's first. */
export function enterSpace(space: string, to: string): void {
  go(new URL(outward(front(space) + to), place.peek()), false);
}

/** Goes to a path of ours or a whole address; `replace` for changes that Back should not undo one by one. */
export function navigate(to: string, replace = false): void {
  go(new URL(outward(inSpace(to)), place.peek()), replace);
}

function go(next: URL, replace: boolean): void {
  if (next.href === place.peek().href) return;
  if (replace) history.replaceState(null, "", next);
  else history.pushState(null, "", next);
  place.value = next;
}

/** Changes parameters of the present page; an empty value removes one. */
export function setParams(change: Record<string, string>, replace = false): void {
  const all = { ...Object.fromEntries(params.value), ...change };
  navigate(address(path.value, all) + place.value.hash, replace);
}

/** Puts one place on a page into the address, without a step in the history. */
export function setHash(hash: string): void {
  const next = new URL(place.value);
  next.hash = hash;
  navigate(next.href, true);
}

export const hash = computed(() => place.value.hash.slice(1));

/** Makes Back, Forward and plain links move the signal. */
export function listen(): void {
  window.addEventListener("popstate", () => {
    place.value = new URL(location.href);
  });
  document.addEventListener("click", (event) => {
    if (event.defaultPrevented || event.button || event.metaKey || event.ctrlKey || event.shiftKey) return;
    const link = (event.target as Element | null)?.closest("a");
    if (!link || link.target || link.origin !== location.origin || link.hasAttribute("download")) return;
    if (link.hash && link.pathname === location.pathname) return; // a jump on this page
    event.preventDefault();
    navigate(link.href);
    if (!link.hash) window.scrollTo(0, 0);
  });
}
