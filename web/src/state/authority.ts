// The hub's certificate authority, and how far its roll-over is: followed while one is on its way.

import { signal } from "@preact/signals";
import { type RollStep, trust } from "../api/trust";
import type { CaView, RollStatus } from "../api/types";
import { newest } from "./newest";

const EVERY_MS = 3_000;

export const authority = signal<CaView | null>(null);
export const authorityError = signal("");
/** For admins of the hub alone. */
export const roll = signal<RollStatus | null>(null);

const ask = newest();
const askRoll = newest(); // deeds are answered with the roll-over too

export async function loadAuthority(): Promise<void> {
  const isNewest = ask();
  try {
    const found = await trust.authority();
    if (!isNewest()) return;
    authority.value = found;
    authorityError.value = "";
  } catch (error) {
    if (isNewest()) authorityError.value = error instanceof Error ? error.message : String(error);
  }
}

export async function loadRoll(): Promise<void> {
  const isNewest = askRoll();
  const before = roll.peek()?.phase;
  const found = await trust.roll();
  if (!isNewest()) return;
  roll.value = found;
  if (before && before !== found.phase) await loadAuthority(); // somebody else took a step
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

/** A deed's answer is newer than that of any question which was asked before it was done. */
async function done(answer: Promise<RollStatus>): Promise<RollStatus> {
  const status = await answer;
  askRoll();
  return status;
}

export async function takeStep(step: RollStep, force = false): Promise<void> {
  roll.value = await done(trust.take(step, force));
  await loadAuthority();
}

export async function renewIssuers(): Promise<void> {
  roll.value = await done(trust.renewIssuers());
  await loadAuthority();
}
