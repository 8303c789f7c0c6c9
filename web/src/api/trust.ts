// Calls about what the hub trusts and what was done: certificate authority, its roll-over, the audit log.

import { call, get, textOf } from "./client";
import type { AuditEvent, CaView, ChainReport, RollStatus } from "./types";

export type RollStep = "prepare" | "activate" | "retire" | "abort";

export const trust = {
  authority: () => get<CaView>("/ca"),
  roll: () => get<RollStatus>("/ca/roll"),
  take: (step: RollStep, force = false) => call<RollStatus>("POST", `/ca/roll/${step}`, { force }),
  renewIssuers: () => call<RollStatus>("POST", "/ca/renew", {}),

  events: (limit: number, before = 0) =>
    get<AuditEvent[]>(`/audit?limit=${limit}${before ? `&before=${before}` : ""}`),
  /** The oldest first, after an event, as they are written: times have more digits than a number keeps here. */
  textAfter: (after: number, limit: number) => textOf("GET", `/audit?limit=${limit}&after=${after}`),
  verify: (noted?: { event: number; hash: string }) =>
    get<ChainReport>(`/audit/verify${noted ? `?event=${noted.event}&hash=${noted.hash}` : ""}`),
};
