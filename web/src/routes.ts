// Addresses and pages: pure text in, values out. Every view has an address that restores it.

export type Route =
  | { page: "nodes" }
  | { page: "node"; id: string }
  | { page: "connect" }
  | { page: "identity" }
  | { page: "account" }
  | { page: "sign-in" }
  | { page: "invitation" }
  | { page: "unknown"; path: string };

export function routeOf(path: string): Route {
  const parts = path.split("/").filter(Boolean).map(decode);
  const [first, second] = parts;
  if (first === undefined || (first === "nodes" && second === undefined)) return { page: "nodes" };
  if (first === "nodes" && second !== undefined && parts.length === 2) return { page: "node", id: second };
  if (first === "connect" && parts.length === 1) return { page: "connect" };
  if (first === "identity" && parts.length === 1) return { page: "identity" };
  if (first === "account" && parts.length === 1) return { page: "account" };
  if (first === "sign-in" && parts.length === 1) return { page: "sign-in" };
  if (first === "invitation" && parts.length === 1) return { page: "invitation" };
  return { page: "unknown", path };
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part; // a stray % names no page of ours
  }
}

/** An address of parts: empty values are left out, so that equal views have equal addresses. */
export function address(path: string, params: Record<string, string | undefined> = {}): string {
  const pairs = Object.entries(params).filter((pair): pair is [string, string] => Boolean(pair[1]));
  if (!pairs.length) return path;
  // Commas and minus signs stay readable: /nodes?state=stale,offline&sort=-cpu
  const query = pairs.map(([key, value]) => `${key}=${encodeURIComponent(value).replaceAll("%2C", ",")}`);
  return `${path}?${query.join("&")}`;
}

export const nodeAddress = (id: string, params: Record<string, string | undefined> = {}) =>
  address(`/nodes/${encodeURIComponent(id)}`, params);
