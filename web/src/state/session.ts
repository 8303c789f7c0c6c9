// Who is signed in. null: nobody; "unknown" until the hub has answered once.

import { computed, signal } from "@preact/signals";
import { ApiError, api, whenSignedOut } from "../api/client";
import type { SessionView } from "../api/types";

export const session = signal<SessionView | null | "unknown">("unknown");
/** Set when the hub could not be asked at all. */
export const sessionError = signal("");
/** Set when a running session came to its end. */
export const expired = signal(false);

const current = computed(() => (session.value === "unknown" ? null : session.value));
export const isAdmin = computed(() => current.value?.user.role === "admin");
export const isEditor = computed(() => isAdmin.value || current.value?.user.role === "editor");
export const spaceName = computed(() => current.value?.space.name ?? "");
export const hubName = computed(() => current.value?.hub.name ?? "");
export const userName = computed(() => current.value?.user.name ?? "");
export const userRole = computed(() => current.value?.user.role ?? "viewer");
export const hubVersion = computed(() => current.value?.hub.version ?? "");

whenSignedOut(() => {
  if (session.value !== null) expired.value = true;
  session.value = null;
});

export async function loadSession(): Promise<void> {
  try {
    session.value = await api.session();
    sessionError.value = "";
  } catch (error) {
    if (error instanceof ApiError && error.status === 401) {
      session.value = null;
      sessionError.value = "";
    } else {
      sessionError.value = error instanceof Error ? error.message : String(error);
    }
  }
}

/** Asks whether the session still runs; a hub that is away leaves things as they are. */
export function checkSession(): void {
  api.session().catch((error: unknown) => {
    if (error instanceof ApiError && error.status === 401 && session.peek() !== null) {
      expired.value = true;
      session.value = null;
    }
  });
}

export async function signIn(name: string, password: string): Promise<void> {
  await api.signIn(name, password);
  expired.value = false;
  await loadSession();
}

export async function signOut(): Promise<void> {
  await api.signOut();
  expired.value = false;
  session.value = null;
}
