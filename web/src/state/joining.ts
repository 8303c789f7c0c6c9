// What the Connect page shows: commands as they would be, commands with a token in them, and who came in by it.

import { computed, signal } from "@preact/signals";
import { api } from "../api/client";
import { joining } from "../api/joining";
import type { ConnectToken, ConnectWanted, ReadyCommand, ReadyFile, TokenView } from "../api/types";
import { INSTALLED } from "./choices";
import { now } from "./clock";
import { newest } from "./newest";

export interface Ready {
  token: ConnectToken | null; // null: a preview
  commands: ReadyCommand[];
  files: ReadyFile[];
}

export interface Made extends Ready {
  token: ConnectToken;
  madeMs: number;
  wanted: ConnectWanted;
}

const EVERY_MS = 2_000;
export const MASKED = "TOKEN"; // stands for the token in previews, as the hub writes it

/** The secret lives here and nowhere else: leaving the page forgets it. */
export const made = signal<Made | null>(null);
/** The token as the hub knows it: uses, and who came in. */
export const known = signal<TokenView | null>(null);
export const pollError = signal("");
/** When values of a new node were first seen on this page, ms. */
export const firstValues = new Map<string, number>();

/** The same choices without a token: what would be run. */
export const preview = signal<Ready | null>(null);
export const previewError = signal("");

const line = (token: string): string =>
  `printf %s ${token} | muster agent claim --token-file - && muster agent run`;

export const fromCheckout = (command: string): string =>
  command.replaceAll(/\bmuster agent\b/g, ".venv/bin/muster agent");

const installed = (command: string): ReadyCommand[] => [
  { title: "The muster command is there", text: command, language: "sh" },
  {
    title: "From a checkout",
    text: fromCheckout(command),
    language: "sh",
  },
];

let asked = 0;

export async function makePreview(wanted: ConnectWanted): Promise<void> {
  asked += 1;
  const own = asked;
  const set = (ready: Ready | null, error: string) => {
    if (own === asked) [preview.value, previewError.value] = [ready, error]; // a later choice has a newer answer
  };
  try {
    if (wanted.environment === INSTALLED)
      set({ token: null, commands: installed(line(MASKED)), files: [] }, "");
    else set(await joining.connect({ ...wanted, preview: true }), "");
  } catch (error) {
    set(null, error instanceof Error ? error.message : String(error));
  }
}

export async function make(wanted: ConnectWanted): Promise<void> {
  const answer = wanted.environment === INSTALLED ? await plainToken(wanted) : await joining.connect(wanted);
  if (!answer.token) return;
  const madeMs = answer.token.expires_ns / 1e6 - (wanted.ttl_s ?? 0) * 1000;
  made.value = { ...answer, token: answer.token, madeMs, wanted };
  known.value = null;
}

async function plainToken(wanted: ConnectWanted): Promise<Ready> {
  const {
    rooms = [],
    uses = 1,
    description = "",
    space = "",
    labels = {},
    networks = [],
    hosts = [],
  } = wanted;
  const { per_hour = 0, ephemeral_s = 0 } = wanted;
  const limited = { labels, networks, hosts, per_hour, ephemeral_s };
  const ttl_s = wanted.ttl_s ?? 600;
  const token = await api.makeToken({ rooms, ttl_s, uses, description, space, ...limited });
  return { token, commands: installed(token.command), files: [] };
}

export async function end(id: string): Promise<void> {
  await api.revokeToken(id);
  await poll(id);
}

const ask = newest();

async function poll(id: string): Promise<void> {
  const isNewest = ask();
  try {
    const found = await api.token(id);
    if (!isNewest()) return;
    known.value = found;
    pollError.value = "";
  } catch (error) {
    if (isNewest()) pollError.value = error instanceof Error ? error.message : String(error);
  }
}

/** Watches one token while the page is open; the returned function forgets it. */
export function follow(id: string): () => void {
  void poll(id);
  const timer = setInterval(() => document.hidden || void poll(id), EVERY_MS);
  return () => {
    clearInterval(timer);
    ask(); // what is still on its way is of a token that nobody looks at any more
    known.value = null;
  };
}

export function forget(): void {
  made.value = null;
  known.value = null;
  preview.value = null;
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
