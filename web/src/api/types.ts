// What crosses the HTTP API beyond the generated structs: requests, answers without a struct, live messages.

import type { Action, Frame, NodeState, NodeView, Pulse, Query, Role } from "./types.gen";

export type * from "./types.gen";

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

export type Sparks = Record<string, { cpu: (number | null)[]; net: (number | null)[] }>;

export interface TokenRequest {
  rooms: string[];
  ttl_s: number;
  uses: number;
  description: string;
  space: string;
  labels: Record<string, string>;
  networks: string[];
  hosts: string[];
  per_hour: number;
  ephemeral_s: number;
}

/** How many wait for an admin, and when the newest came: both alike, the queue is the same. */
export interface Queue {
  waiting: number;
  newest_ns: number;
}

export interface ApiTokenRequest {
  name: string;
  role: Role;
  ttl_s: number;
  actions: Action[];
  spaces: string[];
  rooms: string[];
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
  | { approvals: Queue }
  | { watch: string; error: { code: string; text: string } };
