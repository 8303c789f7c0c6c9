// Addresses and pages: pure text in, values out. Every view has an address that restores it.

export type Route =
  | { page: "nodes" }
  | { page: "node"; id: string }
  | { page: "connect" }
  | { page: "air-gap" }
  | { page: "approvals" }
  | { page: "identity" }
  | { page: "account" }
  | { page: "sign-in" }
  | { page: "invitation" }
  | { page: "spaces" }
  | { page: "room"; id: string }
  | { page: "people" }
  | { page: "audit" }
  | { page: "welcome" }
  | { page: "pki" }
  | { page: "backups" }
  | { page: "trust" }
  | { page: "dashboards" }
  | { page: "dashboard"; id: string }
  | { page: "explore" }
  | { page: "probes" }
  | { page: "shared" }
  | { page: "unknown"; path: string };

/** Pages that are all of their address. */
const PLAIN = [
  "nodes",
  "connect",
  "approvals",
  "identity",
  "account",
  "spaces",
  "people",
  "audit",
  "welcome",
  "pki",
  "backups",
  "trust",
  "dashboards",
  "explore",
  "probes",
  "shared",
  "sign-in",
  "invitation",
] as const;

export function routeOf(path: string): Route {
  const parts = path.split("/").filter(Boolean).map(decode);
  const [first = "nodes", second] = parts;
  const plain = PLAIN.find((page) => page === first);
  if (second === undefined && plain) return { page: plain };
  if (parts.length !== 2 || second === undefined) return { page: "unknown", path };
  if (first === "nodes") return { page: "node", id: second };
  if (first === "dashboards") return { page: "dashboard", id: second };
  if (first === "rooms") return { page: "room", id: second };
  if (first === "connect" && second === "air-gap") return { page: "air-gap" };
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

export const dashboardAddress = (id: string, params: Record<string, string | undefined> = {}) =>
  address(`/dashboards/${encodeURIComponent(id)}`, params);
