// Who is signed in. null: nobody; "unknown" until the hub has answered once.

import { computed, signal } from "@preact/signals";
import { ApiError, api, whenSignedOut } from "../api/client";
import type { Role, SessionView, SpaceOfSession } from "../api/types";
import { highest } from "../format/roles";
import { findBySlug } from "../format/spaces";
import { spaceInPath } from "./location";

export const session = signal<SessionView | null | "unknown">("unknown");
/** Set when the hub could not be asked at all. */
export const sessionError = signal("");
/** Why a session that ran is over, when it did not simply sign out. */
export const ended = signal<"" | "expired" | "password">("");
/** The session ended under an open page, which stays as it is behind the sign-in: nothing typed is lost. */
export const paused = signal(false);
/** What a session that is begun still lacks: a passkey to be shown, or the first one to be made. */
export const factor = signal<"" | "show" | "make">("");
/** Who signed in last on this page: what the sign-in form begins with. */
export const lastName = signal("admin");

const current = computed(() => (session.value === "unknown" ? null : session.value));
/** Where one may look, one's first space first. */
export const ownSpaces = computed(() => current.value?.spaces ?? []);
/** The space that is looked at: the one in the address, or the first. Undefined: no such one for this user. */
export const space = computed(() =>
  spaceInPath.value ? findBySlug(spaceInPath.value, ownSpaces.value) : ownSpaces.value[0],
);
/** The highest that one is in it, be it in one room alone. */
export const userRole = computed(() => highestOf(space.value));
/** An admin of the whole space. */
export const isAdmin = computed(() => space.value?.role === "admin");
/** An editor of the whole space at least: rooms, their rules and labels are no matter of one room. */
export const isEditor = computed(() => isAdmin.value || space.value?.role === "editor");
export const spaceId = computed(() => space.value?.id ?? "");
export const spaceName = computed(() => space.value?.name ?? "");
export const hubName = computed(() => current.value?.hub.name ?? "");
export const userName = computed(() => current.value?.user.name ?? "");
export const hubVersion = computed(() => current.value?.hub.version ?? "");

function highestOf(found: SpaceOfSession | undefined): Role {
  const roles = found?.rooms.map((room) => room.role) ?? [];
  return highest(found?.role ? [...roles, found.role] : roles);
}

whenSignedOut(expire);

/** Somebody was signed in: the page waits for them. */
function expire(): void {
  if (session.peek() === "unknown") end("expired");
  if (session.peek() === null || paused.peek()) return;
  ended.value = "expired";
  paused.value = true;
}

function end(why: typeof ended.value): void {
  ended.value = why;
  paused.value = false;
  session.value = null;
}

export async function loadSession(): Promise<void> {
  try {
    const found = await api.session();
    if (paused.peek()) await resume(found);
    session.value = found;
    lastName.value = found.user.name;
    sessionError.value = "";
    factor.value = "";
  } catch (error) {
    if (error instanceof ApiError && (error.status === 401 || lacking(error))) {
      if (!paused.peek()) session.value = null;
      factor.value = lacking(error);
      sessionError.value = "";
    } else {
      sessionError.value = error instanceof Error ? error.message : String(error);
    }
  }
}

/** Whoever comes back goes on where they were; for somebody else the page before has to go first. */
async function resume(found: SessionView): Promise<void> {
  if (current.peek()?.user.name !== found.user.name) {
    session.value = null;
    await new Promise((gone) => setTimeout(gone));
  }
  paused.value = false;
}

/** Asks whether the session still runs; a hub that is away leaves things as they are. */
export function checkSession(): void {
  api.session().catch((error: unknown) => {
    if (error instanceof ApiError && error.status === 401) expire();
  });
}

const lacking = (error: ApiError): "" | "show" | "make" => {
  if (error.code === "second_factor_required") return "show";
  return error.code === "first_passkey_required" ? "make" : "";
};

export async function signIn(name: string, password: string): Promise<void> {
  await api.signIn(name, password);
  await enter();
}

/** The hub has begun a session: see whose, and what it lacks. */
export async function enter(): Promise<void> {
  ended.value = "";
  await loadSession();
}

export async function signOut(): Promise<void> {
  const left = (await api.signOut()) as { leave: string } | null;
  factor.value = "";
  end("");
  if (left) location.assign(left.leave); // to end the provider's session too
}

/** Ends every session of the user, this one too. */
export async function changePassword(old: string, wanted: string): Promise<void> {
  await api.changePassword(old, wanted);
  end("password");
}
