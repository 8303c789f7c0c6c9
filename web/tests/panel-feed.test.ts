import { signal } from "@preact/signals";
import { beforeEach, describe, expect, test } from "vitest";
import type { PanelAnswer, PanelAsk } from "../src/api/types";
import { oracle } from "../src/state/board-values";
import { panelFeed } from "../src/state/panel-feed";
import { refreshNow } from "../src/state/refresh";

interface Asked {
  ask: PanelAsk;
  answer: (value: PanelAnswer) => void;
  refuse: (text: string) => void;
  stop: AbortSignal;
}

const asked: Asked[] = [];
const ANSWER: PanelAnswer = { answers: [] };
const settle = () => new Promise((resolve) => setTimeout(resolve));

beforeEach(() => {
  asked.length = 0;
  oracle.value = {
    panel: (ask, stop) =>
      new Promise((resolve, reject) => {
        asked.push({ ask, answer: resolve, refuse: (text) => reject(new Error(text)), stop });
        stop.addEventListener("abort", () => reject(stop.reason));
      }),
    variable: () => Promise.reject(new Error("nobody asks for that here")),
  };
});

const question = (panel: string) => JSON.stringify({ panel, variables: {}, width_px: 100 });

describe("a panel", () => {
  test("asks only while it is on the screen, and again when it comes back later", async () => {
    const seen = signal(false);
    const { out, stop } = panelFeed(() => 0, signal<string | null>(question("a")), seen);
    await settle();
    expect(asked).toHaveLength(0);
    seen.value = true;
    await settle();
    asked[0]?.answer(ANSWER);
    await settle();
    expect(out.value).toMatchObject({ answer: ANSWER, waiting: false, busy: false, error: "" });
    seen.value = false;
    seen.value = true;
    await settle();
    expect(asked).toHaveLength(1); // nothing has changed meanwhile
    seen.value = false;
    refreshNow();
    seen.value = true;
    await settle();
    expect(asked).toHaveLength(2);
    stop();
  });

  test("whose question is slow is not asked again before it is answered", async () => {
    const { out, stop } = panelFeed(() => 0, signal<string | null>(question("a")), signal(true));
    await settle();
    refreshNow();
    refreshNow();
    await settle();
    expect(asked).toHaveLength(1);
    asked[0]?.answer(ANSWER);
    await settle();
    expect(out.value.busy).toBe(false);
    refreshNow();
    await settle();
    expect(asked).toHaveLength(2);
    stop();
  });

  test("keeps its last good answer when the next question fails", async () => {
    const { out, stop } = panelFeed(() => 0, signal<string | null>(question("a")), signal(true));
    await settle();
    asked[0]?.answer(ANSWER);
    await settle();
    refreshNow();
    await settle();
    asked[1]?.refuse("the store is away");
    await settle();
    expect(out.value).toMatchObject({ answer: ANSWER, error: "the store is away", busy: false });
    stop();
  });

  test("ends what it asked when its question changes or it goes away", async () => {
    const wanted = signal<string | null>(question("a"));
    const { stop } = panelFeed(() => 0, wanted, signal(true));
    await settle();
    wanted.value = question("b");
    await settle();
    expect(asked.map(({ ask, stop: left }) => [ask.panel, left.aborted])).toEqual([
      ["a", true],
      ["b", false],
    ]);
    stop();
    expect(asked[1]?.stop.aborted).toBe(true);
  });
});
