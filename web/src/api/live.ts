// The one WebSocket to the hub: subscriptions survive reconnects; waits grow from 0.5 s to 15 s, with jitter.

import type { FrameMessage, LiveMessage, Question } from "./types";

const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 15_000;
const WATCH_AGAIN_MS = 10_000; // after the hub refused a watch
const STARTING_MS = 1_000; // after a hub said that it is still starting
const STARTING = "starting";
const SESSION_ENDED = 4401;
const SILENCE_MS = 10_000; // the hub speaks every second; a longer silence is a dead connection

export type LiveState =
  | { name: "idle" }
  | { name: "connecting"; attempt: number }
  | { name: "open" }
  | { name: "waiting"; until: number; attempt: number; starting: string };

interface Watch {
  question: Question;
  windowS: number;
  onFrame: (message: FrameMessage) => void;
  onError: (text: string) => void;
}

export interface Listeners {
  message: (message: LiveMessage) => void;
  state: (state: LiveState) => void;
  signedOut: () => void;
}

export class Live {
  private socket: WebSocket | null = null;
  private readonly watches = new Map<string, Watch>();
  private counter = 0;
  private attempt = 0;
  private timer = 0;
  private silence = 0;
  private wanted = false;
  private starting = ""; // what the hub said when it closed; until it says something else

  constructor(
    private readonly url: string,
    private readonly listeners: Listeners,
    private readonly random: () => number = Math.random,
  ) {}

  open(): void {
    if (this.wanted) return;
    this.wanted = true;
    this.connect();
  }

  close(): void {
    this.wanted = false;
    clearTimeout(this.timer);
    clearTimeout(this.silence);
    this.socket?.close();
    this.socket = null;
    this.listeners.state({ name: "idle" });
  }

  /** Tries at once instead of waiting on. */
  retry(): void {
    if (!this.wanted || this.socket) return;
    clearTimeout(this.timer);
    this.connect();
  }

  /** Asks for a moving window of a query; the returned function ends it. */
  watch(watch: Watch): () => void {
    this.counter += 1;
    const id = `w${this.counter}`;
    this.watches.set(id, watch);
    this.sendWatch(id, watch);
    return () => {
      this.watches.delete(id);
      this.send({ unwatch: id });
    };
  }

  private sendWatch(id: string, watch: Watch): void {
    // The hub fills in the range; the struct wants the fields all the same.
    this.send({
      watch: id,
      query: { ...watch.question, start_ns: 0, end_ns: 0 },
      window_s: watch.windowS,
    });
  }

  private send(message: object): void {
    if (this.socket?.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify(message));
  }

  private connect(): void {
    this.listeners.state({ name: "connecting", attempt: this.attempt });
    const socket = new WebSocket(this.url);
    this.socket = socket;
    this.heard(socket);
    socket.onopen = () => {
      if (!this.starting) this.listeners.state({ name: "open" });
      this.send({ nodes: true });
      this.send({ hub: true });
      this.send({ approvals: true });
      for (const [id, watch] of this.watches) this.sendWatch(id, watch);
    };
    socket.onmessage = (event: MessageEvent<string>) => {
      this.attempt = 0; // only a hub that talks counts as reached
      if (this.starting) this.listeners.state({ name: "open" });
      this.starting = "";
      this.heard(socket);
      this.receive(JSON.parse(event.data) as LiveMessage);
    };
    socket.onclose = (event) => {
      if (event.code === SESSION_ENDED) this.listeners.signedOut();
      this.starting = event.reason?.startsWith(`${STARTING}: `)
        ? event.reason.slice(STARTING.length + 2)
        : "";
      this.lost(socket);
    };
  }

  private heard(socket: WebSocket): void {
    clearTimeout(this.silence);
    this.silence = window.setTimeout(() => {
      socket.close();
      this.lost(socket);
    }, SILENCE_MS);
  }

  private lost(socket: WebSocket): void {
    if (this.socket !== socket) return;
    this.socket = null;
    clearTimeout(this.silence);
    if (!this.wanted) return;
    const wait = this.starting ? STARTING_MS : backoff(this.attempt, this.random());
    this.attempt += this.starting ? 0 : 1;
    const until = Date.now() + wait;
    this.listeners.state({ name: "waiting", until, attempt: this.attempt, starting: this.starting });
    this.timer = window.setTimeout(() => this.connect(), wait);
  }

  private receive(message: LiveMessage): void {
    if (!("watch" in message)) {
      this.listeners.message(message);
      return;
    }
    const watch = this.watches.get(message.watch);
    if (!watch) return; // a frame that crossed our unwatch
    if (!("error" in message)) {
      watch.onFrame(message);
      return;
    }
    const isStarting = message.error.code === STARTING;
    if (!isStarting) watch.onError(message.error.text);
    const id = message.watch;
    setTimeout(
      () => {
        if (this.watches.get(id) === watch) this.sendWatch(id, watch);
      },
      isStarting ? STARTING_MS : WATCH_AGAIN_MS,
    );
  }
}

/** Wait before a try, half fixed and half jitter, so that a thousand browsers do not return at once. */
export function backoff(attempt: number, random: number): number {
  const full = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** attempt);
  return full / 2 + (full / 2) * random;
}
