// The places of the product, once: rail, tab bar, palette and the keys all read this list.

import { computed } from "@preact/signals";
import { address, type Route } from "../routes";
import { waitingCount } from "../state/approvals";
import { navigate, params, route } from "../state/location";
import { isAdmin } from "../state/session";
import type { IconName } from "./icon";

export interface Place {
  page: Route["page"];
  name: string;
  path: string;
  icon: IconName;
  keys: string;
  admin?: true; // for admins of the space alone
  count?: { readonly value: number }; // of what somebody must act on
}

export const PLACES: Place[] = [
  { page: "nodes", name: "Nodes", path: "/nodes", icon: "nodes", keys: "g n" },
  { page: "dashboards", name: "Dashboards", path: "/dashboards", icon: "board", keys: "g d" },
  { page: "explore", name: "Explore", path: "/explore", icon: "explore", keys: "g x" },
  { page: "connect", name: "Connect", path: "/connect", icon: "plug", keys: "g c" },
  {
    page: "approvals",
    name: "Approvals",
    path: "/approvals",
    icon: "hand",
    keys: "g w",
    admin: true,
    count: waitingCount,
  },
  { page: "probes", name: "Probes", path: "/probes", icon: "pulse", keys: "g b" },
  { page: "identity", name: "Identity", path: "/identity", icon: "key", keys: "g i" },
  { page: "people", name: "People", path: "/people", icon: "people", keys: "g p", admin: true },
];

/** Those that the one who is signed in may see. */
export const places = computed(() => PLACES.filter((place) => isAdmin.value || !place.admin));

/** A place is current on its own page; a node's page belongs to Nodes. */
export const isCurrent = (place: Place): boolean =>
  place.page === route.value.page ||
  (place.page === "nodes" && route.value.page === "node") ||
  (place.page === "identity" && ["audit", "pki", "backups"].includes(route.value.page)) ||
  (place.page === "dashboards" && route.value.page === "dashboard") ||
  (place.page === "connect" && route.value.page === "air-gap");

/** Connect, with the room chosen from which one comes. */
export const connectPath = (room?: string): string => address("/connect", { rooms: room });

export const roomPath = (name: string): string => address("/nodes", { room: name });

/** From one node to another without losing the range that is being looked at. */
export function rangeParams(): Record<string, string | undefined> {
  const keep = (name: string) => params.value.get(name) ?? undefined;
  return { range: keep("range"), from: keep("from"), to: keep("to") };
}

export const goTo = (path: string): void => {
  navigate(path);
  window.scrollTo(0, 0);
};
