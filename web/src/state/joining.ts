// A token that was made on the Connect page, and the nodes that came in by it.

import { computed, signal } from "@preact/signals";
import { api } from "../api/client";
import type { NewTokenView, TokenRequest, TokenView } from "../api/types";
import { now } from "./clock";

export interface Made {
  answer: NewTokenView;
  request: TokenRequest;
  madeMs: number;
}

const EVERY_MS = 2_000;

/** The secret lives here and nowhere else: leaving the page forgets it. */
export const made = signal<Made | null>(null);
/** The token as the hub knows it: uses, and who came in. */
export const known = signal<TokenView | null>(null);
export const pollError = signal("");
/** When values of a new node were first seen on this page, ms. */
export const firstValues = new Map<string, number>();

export async function make(request: TokenRequest): Promise<void> {
  const answer = await api.makeToken(request);
  made.value = { answer, request, madeMs: answer.expires_ns / 1e6 - request.ttl_s * 1000 };
  known.value = null;
}

export async function end(id: string): Promise<void> {
  await api.revokeToken(id);
  await poll(id);
}

async function poll(id: string): Promise<void> {
  try {
    known.value = await api.token(id);
    pollError.value = "";
  } catch (error) {
    pollError.value = error instanceof Error ? error.message : String(error);
  }
}

/** Watches one token while the page is open; the returned function forgets it. */
export function follow(id: string): () => void {
  void poll(id);
  const timer = setInterval(() => void poll(id), EVERY_MS);
  return () => {
    clearInterval(timer);
    known.value = null;
  };
}

export function forget(): void {
  made.value = null;
  known.value = null;
  firstValues.clear();
}

export type TokenEnd = "" | "expired" | "used up" | "ended";

export function endOf(
  token: { expires_ns: number; uses: number; used: number; revoked_ns: number },
  nowMs: number,
): TokenEnd {
  if (token.revoked_ns) return "ended";
  if (token.used >= token.uses) return "used up";
  return token.expires_ns / 1e6 <= nowMs ? "expired" : "";
}

export const knownEnd = computed<TokenEnd>(() => (known.value ? endOf(known.value, now.value) : ""));
