// The hub's certificate authority, and how far its roll-over is: followed while one is on its way.

import { signal } from "@preact/signals";
import { type RollStep, trust } from "../api/trust";
import type { CaView, RollStatus } from "../api/types";

const EVERY_MS = 3_000;

export const authority = signal<CaView | null>(null);
export const authorityError = signal("");
/** For admins of the hub alone. */
export const roll = signal<RollStatus | null>(null);

export async function loadAuthority(): Promise<void> {
  try {
    authority.value = await trust.authority();
    authorityError.value = "";
  } catch (error) {
    authorityError.value = error instanceof Error ? error.message : String(error);
  }
}

export async function loadRoll(): Promise<void> {
  const before = roll.peek()?.phase;
  roll.value = await trust.roll();
  if (before && before !== roll.value.phase) await loadAuthority(); // somebody else took a step
}

/** Asks again and again while nodes follow; the returned function ends that. */
export function followRoll(): () => void {
  const ask = () => {
    if (!document.hidden) loadRoll().catch(() => {}); // the last count stays; the next question may be answered
  };
  ask();
  const timer = setInterval(() => {
    if (roll.peek()?.phase !== "steady") ask();
  }, EVERY_MS);
  return () => clearInterval(timer);
}

export async function takeStep(step: RollStep, force = false): Promise<void> {
  roll.value = await trust.take(step, force);
  await loadAuthority();
}

export async function renewIssuers(): Promise<void> {
  roll.value = await trust.renewIssuers();
  await loadAuthority();
}
