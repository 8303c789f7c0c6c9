// Where the hub is seen by this browser: at the root of its host, or under a path that a reverse proxy gives it.
// The hub writes the path into the page; without a page, as in tests, it is the root.

const meta = (name: string): string =>
  globalThis.document?.querySelector?.<HTMLMetaElement>(`meta[name="${name}"]`)?.content ?? "/";

/** "" or like "/muster": what stands in front of every path of ours. */
export const base = meta("muster-base").replace(/\/+$/, "");

/** A path of ours as browsers need it; other addresses stay. */
export const outward = (path: string, under = base): string =>
  path.startsWith("/") && !path.startsWith("//") ? under + path : path;

/** The path of an address bar without what stands in front; a path beside it is taken as it is. */
export function inward(path: string, under = base): string {
  if (!under || (path !== under && !path.startsWith(`${under}/`))) return path;
  return path.slice(under.length) || "/";
}
