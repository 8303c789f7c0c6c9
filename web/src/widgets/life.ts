// The life of a credential in numbers: issued, renewed at half life, expired, and where now is on that line.

import type { CredentialView } from "../api/types";
import { roughly, toMs } from "../format/times";

export interface Life {
  now: number; // 0 issue, 1 expiry
  renew: number;
  left: number; // share of the life that remains
  late: boolean; // past renewal by more than the jitter allows
  expired: boolean;
  text: string;
}

const LATE_SHARE = 0.15; // of the life, past the tick: renewal is drawn at random around it

export function lifeOf(credential: CredentialView | null, nowMs: number): Life | null {
  if (!credential) return null;
  const [from, to] = [toMs(credential.not_before_ns), toMs(credential.not_after_ns)];
  if (to <= from) return null;
  const at = Math.max(0, Math.min(1, (nowMs - from) / (to - from)));
  const renewMs = credential.renew_ns ? toMs(credential.renew_ns) : (from + to) / 2;
  const renew = Math.max(0, Math.min(1, (renewMs - from) / (to - from)));
  const expired = nowMs >= to;
  const late = at > renew + LATE_SHARE;
  return { now: at, renew, left: 1 - at, late, expired, text: textOf(nowMs, renewMs, to, expired, late) };
}

function textOf(nowMs: number, renewMs: number, expiryMs: number, expired: boolean, late: boolean): string {
  if (expired) return `expired ${roughly((nowMs - expiryMs) / 1000)} ago`;
  if (late) return `expires in ${roughly((expiryMs - nowMs) / 1000)}`;
  if (nowMs >= renewMs) return "renews now";
  return `renews in ${roughly((renewMs - nowMs) / 1000)}`;
}
