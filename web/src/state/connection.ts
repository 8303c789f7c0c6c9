// The live connection of the whole page: messages go to the stores, its own state is a signal.

import { signal } from "@preact/signals";
import { outward } from "../api/base";
import { Live, type LiveState } from "../api/live";
import type { LiveMessage, Pulse } from "../api/types";
import { toMs } from "../format/times";
import { forgetClaims, queue } from "./approvals";
import { hear } from "./clock";
import { applySummaries, dropNode, loaded, loadNodes, putNode } from "./nodes";
import { loadRooms } from "./rooms";
import { checkSession } from "./session";
import { extendSparks } from "./sparks";
import { starting } from "./starting";
import { failed } from "./toasts";

export const connection = signal<LiveState>({ name: "idle" });
export const pulse = signal<Pulse | null>(null);
/** When the hub last said anything, ms. */
export const heardAt = signal(0);

let everOpen = false;

function receive(message: LiveMessage): void {
  heardAt.value = Date.now();
  if ("nodes" in message) {
    hear(toMs(message.t));
    applySummaries(message.nodes);
    extendSparks(message.nodes);
  } else if ("node" in message) putNode(message.node);
  else if ("gone" in message) dropNode(message.gone);
  else if ("hub" in message) pulse.value = message.hub;
  else if ("approvals" in message) queue.value = message.approvals;
}

function changed(state: LiveState): void {
  connection.value = state;
  if (state.name === "waiting") starting.value = state.starting;
  if (state.name === "waiting" && state.attempt > 1) checkSession(); // a refused upgrade does not say why
  if (state.name !== "open") return;
  starting.value = "";
  if (everOpen) void loadNodes(); // whatever was missed meanwhile
  everOpen = true;
}

const address = (): string => location.origin.replace(/^http/, "ws") + outward("/api/v1/live");

let live: Live | null = null;

/** Made when it is first needed: a chart may ask for its window before the page has opened the connection. */
function instance(): Live {
  live ??= new Live(address(), { message: receive, state: changed, signedOut: checkSession });
  return live;
}

export function startConnection(): void {
  instance().open();
  void loadNodes();
  loadRooms().catch((error: unknown) => failed("The rooms could not be read", error));
}

export function stopConnection(): void {
  live?.close();
  live = null;
  everOpen = false;
  loaded.value = false;
  pulse.value = null;
  forgetClaims();
}

export const retryNow = (): void => live?.retry();

export const watch = (...args: Parameters<Live["watch"]>): (() => void) => instance().watch(...args);

/** Seconds until the next try, for the banner. */
export const waitS = (state: LiveState): number =>
  state.name === "waiting" ? Math.max(0, Math.ceil((state.until - Date.now()) / 1000)) : 0;

export const silentS = (): number => (heardAt.value ? (Date.now() - heardAt.value) / 1000 : 0);
