// The hub's HTTP API, one function per call. Every failure ends in ApiError with a sentence for people.

import { outward } from "./base";
import type {
  ApiTokenRequest,
  ApiTokenView,
  Frame,
  MarkView,
  NewApiTokenView,
  NewTokenView,
  NodeView,
  Offer,
  Pulse,
  Query,
  SessionView,
  Sparks,
  TokenRequest,
  TokenView,
} from "./types";

const TIMEOUT_MS = 15_000;
const STARTING = "starting"; // the code of a hub that reads its journal
const STARTING_MS = 1_000;
const STARTING_TRIES = 600; // a journal that takes longer than ten minutes is an error after all

export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    text: string,
  ) {
    super(text);
  }
}

/** Called when the session has ended, whichever call noticed it. */
let onSignedOut: () => void = () => {};
export function whenSignedOut(callback: () => void): void {
  onSignedOut = callback;
}

/** Called with what a starting hub says, and with "" when it has answered. */
let onStarting: (text: string) => void = () => {};
export function whenStarting(callback: (text: string) => void): void {
  onStarting = callback;
}

let open = 0;
/** How many questions wait for an answer now. */
export const asking = (): number => open;

async function failure(response: Response): Promise<ApiError> {
  try {
    const { error } = (await response.json()) as { error: { code: string; text: string } };
    return new ApiError(response.status, error.code, error.text);
  } catch {
    return new ApiError(response.status, "no_detail", `the hub answered ${response.status} without a reason`);
  }
}

/** Called when the hub wants a passkey shown again before a dangerous deed; resolves when it was. */
let onStepUp: () => Promise<void> = () => Promise.reject(new Error("nobody asks for the passkey"));
export function whenStepUp(callback: () => Promise<void>): void {
  onStepUp = callback;
}

const isStarting = (error: unknown): error is ApiError =>
  error instanceof ApiError && error.code === STARTING;

/** What few calls need beside a body. */
export interface CallOptions {
  headers?: Record<string, string>;
  signal?: AbortSignal; // whoever asked no longer wants to know
  timeoutMs?: number;
}

/** A starting hub has done nothing yet of what it was asked, so every call may be made again. */
export async function call<T>(
  method: string,
  path: string,
  body?: unknown,
  options: CallOptions = {},
): Promise<T> {
  try {
    return await once<T>(method, path, body, options);
  } catch (error) {
    if (error instanceof ApiError && error.code === "step_up_required") {
      await onStepUp();
      return once<T>(method, path, body, options);
    }
    if (!isStarting(error)) throw error;
    return patiently(error, () => once<T>(method, path, body, options));
  }
}

async function patiently<T>(first: ApiError, ask: () => Promise<T>): Promise<T> {
  let error: unknown = first;
  for (let tries = 1; isStarting(error) && tries < STARTING_TRIES; tries += 1) {
    onStarting(error.message);
    await new Promise((resolve) => setTimeout(resolve, STARTING_MS));
    try {
      const answer = await ask();
      onStarting("");
      return answer;
    } catch (next) {
      error = next;
    }
  }
  onStarting("");
  throw error;
}

async function once<T>(method: string, path: string, body: unknown, options: CallOptions): Promise<T> {
  const text = await textOf(method, path, body, options);
  return (text ? JSON.parse(text) : null) as T;
}

/** The answer as the hub wrote it: numbers in it may have more digits than a number here keeps. */
export async function textOf(
  method: string,
  path: string,
  body?: unknown,
  { headers = {}, signal, timeoutMs = TIMEOUT_MS }: CallOptions = {},
): Promise<string> {
  const patience = AbortSignal.timeout(timeoutMs);
  const init: RequestInit = {
    method,
    headers,
    credentials: "same-origin",
    signal: signal ? AbortSignal.any([signal, patience]) : patience,
  };
  if (body !== undefined) {
    init.body = JSON.stringify(body);
    init.headers = { ...headers, "Content-Type": "application/json" };
  }
  let response: Response;
  open += 1;
  try {
    response = await fetch(outward(`/api/v1${path}`), init);
  } catch (error) {
    if (signal?.aborted) throw error;
    const late = error instanceof DOMException && error.name === "TimeoutError";
    const text = late
      ? `the hub did not answer within ${timeoutMs / 1000} s`
      : "the hub can't be reached from this browser";
    throw new ApiError(0, late ? "timeout" : "unreachable", text);
  } finally {
    open -= 1;
  }
  if (!response.ok) {
    const error = await failure(response);
    // A public link that is over says nothing of the session.
    if (error.status === 401 && !/^\/(?:session|public)\b/.test(path)) onSignedOut();
    throw error;
  }
  return response.text();
}

export const get = <T>(path: string) => call<T>("GET", path);
const id = encodeURIComponent;

export const api = {
  session: () => get<SessionView>("/session"),
  signIn: (name: string, password: string) => call<unknown>("POST", "/session", { name, password }),
  signOut: () => call<unknown>("DELETE", "/session"),
  changePassword: (old: string, wanted: string) =>
    call<unknown>("POST", "/session/password", { old, new: wanted }),

  /** Of all in the order of their ids, at most so many after one. */
  nodes: (after: string, limit: number) => get<NodeView[]>(`/nodes?limit=${limit}&after=${id(after)}`),
  node: (node: string) => get<NodeView>(`/nodes/${id(node)}`),
  changeNode: (node: string, change: { name?: string; rooms?: string[] }) =>
    call<unknown>("PATCH", `/nodes/${id(node)}`, change),
  revokeNode: (node: string, reason: string) =>
    call<unknown>("POST", `/nodes/${id(node)}/revoke`, { reason }),
  removeNode: (node: string) => call<unknown>("DELETE", `/nodes/${id(node)}`),
  sparks: (nodes: string[], windowS: number, points: number) =>
    get<Sparks>(`/nodes/spark?nodes=${nodes.map(id).join()}&window_s=${windowS}&points=${points}`),

  tokens: () => get<TokenView[]>("/tokens"),
  token: (token: string) => get<TokenView>(`/tokens/${id(token)}`),
  makeToken: (request: TokenRequest) => call<NewTokenView>("POST", "/tokens", request),
  revokeToken: (token: string) => call<unknown>("DELETE", `/tokens/${id(token)}`),

  apiTokens: () => get<ApiTokenView[]>("/api-tokens"),
  makeApiToken: (request: ApiTokenRequest) => call<NewApiTokenView>("POST", "/api-tokens", request),
  revokeApiToken: (token: string) => call<unknown>("DELETE", `/api-tokens/${id(token)}`),

  pulse: () => get<Pulse>("/hub"),
  query: (query: Query) => call<Frame>("POST", "/query", query),
  marks: (node: string) => get<MarkView[]>(`/nodes/${id(node)}/marks`),
  series: (node: string) => get<Offer[]>(`/series?node=${id(node)}`),
};
