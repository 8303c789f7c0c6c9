// Calls about joining: ready commands, who waits for an admin, copied identities, requests that come by hand.

import { call, get } from "./client";
import type {
  ApprovalView,
  CloneView,
  CompareWanted,
  ConnectView,
  ConnectWanted,
  Difference,
  EnvironmentsView,
  GapAnswerView,
  GapRequestView,
  NodeView,
  PolicyTrial,
  PolicyView,
  SignGapBody,
  SpaceView,
  TriedCase,
} from "./types";

const id = encodeURIComponent;
/** The first time the hub packs what machines install: seconds, and on a small or busy one minutes. */
const PACKING = { timeoutMs: 180_000 };

export type ApproveAs = "" | "new" | "existing";

export const joining = {
  environments: () => call<EnvironmentsView>("GET", "/connect", undefined, PACKING),
  connect: (wanted: ConnectWanted) => call<ConnectView>("POST", "/connect", wanted, PACKING),
  spaces: () => get<SpaceView[]>("/spaces"),

  approvals: (decidedToo: boolean) =>
    get<ApprovalView[]>(`/approvals?state=${decidedToo ? "all" : "waiting"}`),
  /** `name` and `rooms` are those of a new node; left out, they are what it asked for. */
  approve: (claim: string, answer: { as: ApproveAs; note: string; name?: string; rooms?: string[] }) =>
    call<ApprovalView>("POST", `/approvals/${id(claim)}/approve`, answer),
  deny: (claim: string, note: string) => call<ApprovalView>("POST", `/approvals/${id(claim)}/deny`, { note }),

  /** For admins of the hub. What is tried changes nothing. */
  policy: () => get<PolicyView>("/policy"),
  tryPolicy: (trial: PolicyTrial) => call<TriedCase[]>("POST", "/policy/test", trial),

  inspectGap: (request: string) => call<GapRequestView>("POST", "/air-gap/inspect", { request }),
  signGap: (body: SignGapBody) => call<GapAnswerView>("POST", "/air-gap/sign", body),

  clone: (clone: string) => get<CloneView>(`/clones/${id(clone)}`),
  fork: (clone: string, holder: string) => call<CloneView>("POST", `/clones/${id(clone)}/fork`, { holder }),
  dismiss: (clone: string) => call<CloneView>("POST", `/clones/${id(clone)}/dismiss`),

  /** What differs from the settings that a node runs with. */
  compare: (node: string, wanted: CompareWanted) =>
    call<Difference[]>("POST", `/nodes/${id(node)}/settings/compare`, wanted),

  describeNode: (node: string, change: { labels?: Record<string, string>; ephemeral_s?: number }) =>
    call<NodeView>("PATCH", `/nodes/${id(node)}`, change),
};
