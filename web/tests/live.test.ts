import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { backoff, Live, type LiveState } from "../src/api/live";
import type { LiveMessage } from "../src/api/types";

class FakeSocket {
  static all: FakeSocket[] = [];
  static readonly OPEN = 1;
  readyState = 0;
  sent: Record<string, unknown>[] = [];
  onopen: () => void = () => {};
  onmessage: (event: { data: string }) => void = () => {};
  onclose: (event: { code: number; reason?: string }) => void = () => {};

  constructor(readonly url: string) {
    FakeSocket.all.push(this);
  }
  send(text: string) {
    this.sent.push(JSON.parse(text));
  }
  close() {
    this.readyState = 3;
  }
  opens() {
    this.readyState = 1;
    this.onopen();
  }
  says(message: object) {
    this.onmessage({ data: JSON.stringify(message) });
  }
}

const question = { select: { measurement: "cpu" } };
let states: LiveState[] = [];
let messages: LiveMessage[] = [];
let signedOut = 0;

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal("WebSocket", FakeSocket);
  vi.stubGlobal("window", globalThis);
  FakeSocket.all = [];
  states = [];
  messages = [];
  signedOut = 0;
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

const made = () =>
  new Live(
    "wss://hub/api/v1/live",
    {
      message: (message) => messages.push(message),
      state: (state) => states.push(state),
      signedOut: () => {
        signedOut += 1;
      },
    },
    () => 1,
  );
const socket = (index: number): FakeSocket => {
  const found = FakeSocket.all[index];
  if (!found) throw new Error(`no socket ${index}`);
  return found;
};

test("waits grow to a limit and are never zero", () => {
  expect([0, 1, 2, 9].map((attempt) => backoff(attempt, 1))).toEqual([500, 1000, 2000, 15_000]);
  expect(backoff(0, 0)).toBe(250);
});

test("subscriptions are said again after a reconnect, ended ones are not", () => {
  const live = made();
  live.open();
  socket(0).opens();
  const end = live.watch({ question, windowS: 300, onFrame: () => {}, onError: () => {} });
  live.watch({ question, windowS: 900, onFrame: () => {}, onError: () => {} });
  end();
  socket(0).onclose({ code: 1006 });
  vi.advanceTimersByTime(500);
  socket(1).opens();

  expect(socket(1).sent.map((message) => message.window_s ?? Object.keys(message)[0])).toEqual([
    "nodes",
    "hub",
    "approvals",
    900,
  ]);
});

test("a hub that accepts but says nothing still makes the waits grow", () => {
  const live = made();
  live.open();
  for (let round = 0; round < 3; round += 1) {
    socket(round).opens();
    socket(round).onclose({ code: 1006 });
    vi.advanceTimersByTime(3_000);
  }

  expect(
    states
      .filter((state) => state.name === "waiting")
      .map((state) => state.name === "waiting" && state.attempt),
  ).toEqual([1, 2, 3]);
});

test("a silent connection is dead after ten seconds", () => {
  const live = made();
  live.open();
  socket(0).opens();
  socket(0).says({ t: 1 });
  vi.advanceTimersByTime(10_000);

  expect(states.at(-1)?.name).toBe("waiting");
});

test("frames reach their watch, other messages the page; a frame that crossed its end is dropped", () => {
  const live = made();
  const frames: unknown[] = [];
  live.open();
  socket(0).opens();
  const end = live.watch({
    question,
    windowS: 300,
    onFrame: (message) => frames.push(message.reset),
    onError: () => {},
  });
  socket(0).says({ watch: "w1", reset: true, frame: {} });
  end();
  socket(0).says({ watch: "w1", reset: false, frame: {} });
  socket(0).says({ gone: "n1" });

  expect(frames).toEqual([true]);
  expect(messages).toEqual([{ gone: "n1" }]);
});

test("a refused watch says why and is asked for again later", () => {
  const live = made();
  const errors: string[] = [];
  live.open();
  socket(0).opens();
  live.watch({ question, windowS: 300, onFrame: () => {}, onError: (text) => errors.push(text) });
  const before = socket(0).sent.length;
  socket(0).says({ watch: "w1", error: { code: "unavailable", text: "the engine is away" } });
  socket(0).says({ t: 1 });
  vi.advanceTimersByTime(9_000);
  socket(0).says({ t: 2 });
  vi.advanceTimersByTime(1_000);

  expect(errors).toEqual(["the engine is away"]);
  expect(socket(0).sent.length).toBe(before + 1);
});

test("the end of the sign-in is told apart from a lost connection", () => {
  const live = made();
  live.open();
  socket(0).opens();
  socket(0).onclose({ code: 4401 });

  expect(signedOut).toBe(1);
});

test("a watch of a starting hub is asked for again within a second, and is no error", () => {
  const live = made();
  const errors: string[] = [];
  live.open();
  socket(0).opens();
  live.watch({ question, windowS: 300, onFrame: () => {}, onError: (text) => errors.push(text) });
  const before = socket(0).sent.length;
  socket(0).says({ watch: "w1", error: { code: "starting", text: "the hub reads its journal" } });
  vi.advanceTimersByTime(1_000);

  expect(errors).toEqual([]);
  expect(socket(0).sent.length).toBe(before + 1);
});

test("a hub that closes because it is starting is tried every second and is not called away", () => {
  const live = made();
  live.open();
  for (let round = 0; round < 3; round += 1) {
    socket(round).opens();
    socket(round).onclose({ code: 1013, reason: "starting: the hub reads its journal" });
    vi.advanceTimersByTime(1_000);
  }

  expect(states.filter((state) => state.name === "waiting")).toHaveLength(3);
  expect(states.filter((state) => state.name === "open")).toHaveLength(1); // the first, not known to start yet
  expect(states.findLast((state) => state.name === "waiting")).toMatchObject({
    starting: "the hub reads its journal",
    attempt: 0,
  });
  socket(3).opens();
  socket(3).says({ t: 1 });
  expect(states.at(-1)?.name).toBe("open");
});
