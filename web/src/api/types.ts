// What crosses the HTTP API beyond the generated structs: views, requests and the messages of /api/v1/live.

import type { Credential, Facts, Frame, Link, NodeState, Query, Role } from "./types.gen";

export type * from "./types.gen";

export interface Named {
  id: string;
  name: string;
}

export interface Session {
  user: { name: string; role: Role };
  space: Named;
  hub: { name: string; version: string; id: string };
}

export interface ActiveCredential extends Credential {
  renew_ns: number;
}

export interface NodeView {
  id: string;
  name: string;
  space: Named;
  rooms: Named[];
  state: NodeState;
  cause: string;
  renamed_from: string;
  created_ns: number;
  last_seen_ns: number;
  revoked_ns: number;
  revoked_reason: string;
  local: boolean;
  facts: Facts;
  link: Link;
  credential: ActiveCredential | null;
}

export interface NodeDetail extends NodeView {
  credentials: Credential[]; // newest first
}

/** One node's live numbers: percent, bytes per second; null when unknown. */
export interface Summary {
  id: string;
  state: NodeState;
  cause: string;
  last_seen_ns: number;
  cpu: number | null;
  memory: number | null;
  disk: number | null;
  disk_path: string | null;
  rx: number | null;
  tx: number | null;
}

export interface Pulse {
  ingest_values_s: number;
  journal_sync_ms: number;
  journal_waiting: number;
  disk_used_percent: number;
  links: number;
  series: number;
  uptime_s: number;
  version: string;
  state: "ok" | "read_only";
  reason: string;
}

export type Sparks = Record<string, { cpu: (number | null)[]; net: (number | null)[] }>;

export interface TokenRequest {
  rooms: string[];
  ttl_s: number;
  uses: number;
  description: string;
}

export interface TokenMade {
  id: string;
  token: string;
  expires_ns: number;
  uses: number;
  command: string;
}

export interface TokenView {
  id: string;
  rooms: Named[];
  created_ns: number;
  expires_ns: number;
  revoked_ns: number;
  uses: number;
  used: number;
  created_by: string;
  description: string;
}

export interface TokenDetail extends TokenView {
  nodes: { id: string; name: string; claimed_ns: number }[];
}

export interface UserView {
  id: string;
  name: string;
  role: Role;
  created_ns: number;
  disabled: boolean;
}

export interface CertificateView {
  name: string;
  sha256: string;
  not_before_ns: number;
  not_after_ns: number;
}

export interface Authority {
  root: CertificateView;
  issuers: CertificateView[];
  pins: string[];
}

/** What a measurement offers on one node. */
export interface Offer {
  measurement: string;
  fields: { name: string; kind: number }[];
  tags: Record<string, string[]>;
}

/** A Query without its range: the range comes from the page. */
export type Question = Omit<Query, "start_ns" | "end_ns">;

export interface FrameMessage {
  watch: string;
  reset: boolean;
  frame: Frame;
}

export type LiveMessage =
  | { t: number; nodes: Summary[] }
  | FrameMessage
  | { node: NodeView }
  | { gone: string }
  | { hub: Pulse }
  | { watch: string; error: { code: string; text: string } };
