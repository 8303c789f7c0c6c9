// The address bar as a signal: the URL is the view. Only this file touches history.

import { computed, signal } from "@preact/signals";
import { inward, outward } from "../api/base";
import { address, routeOf } from "../routes";

const place = signal(new URL(globalThis.location?.href ?? "http://localhost/"));

export const path = computed(() => inward(place.value.pathname));
export const params = computed(() => place.value.searchParams);
export const route = computed(() => routeOf(path.value));

/** One parameter; an effect that reads it runs again only when it changes. */
export const param = (name: string): string => params.value.get(name) ?? "";

/** Goes to a path of ours or a whole address; `replace` for changes that Back should not undo one by one. */
export function navigate(to: string, replace = false): void {
  const next = new URL(outward(to), place.value);
  if (next.href === place.value.href) return;
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
