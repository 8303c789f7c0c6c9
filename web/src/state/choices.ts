// What is chosen on the Connect page, as the address holds it.

import type { Named } from "../api/types";
import { param } from "./location";
import { rooms } from "./rooms";

export const TTLS = [
  ["600", "10 min"],
  ["3600", "1 hour"],
  ["86400", "1 day"],
  ["604800", "1 week"],
] as const;

export const USES = [
  ["1", "1"],
  ["2", "2"],
  ["10", "10"],
  ["100", "100"],
] as const;

export type Environment = "linux" | "checkout";

export interface Choices {
  environment: Environment;
  rooms: Named[];
  ttl: (typeof TTLS)[number][0];
  uses: (typeof USES)[number][0];
}

export function choices(): Choices {
  const chosen = param("rooms").toLowerCase().split(",").filter(Boolean);
  return {
    environment: param("env") === "checkout" ? "checkout" : "linux",
    rooms: rooms.value.filter((room) => chosen.includes(room.name.toLowerCase())),
    ttl: TTLS.find(([key]) => key === param("ttl"))?.[0] ?? "600",
    uses: USES.find(([key]) => key === param("uses"))?.[0] ?? "1",
  };
}

export const ttlText = (ttl: Choices["ttl"]): string => TTLS.find(([key]) => key === ttl)?.[1] ?? "";
