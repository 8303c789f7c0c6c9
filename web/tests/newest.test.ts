import { afterEach, describe, expect, test, vi } from "vitest";
import { api } from "../src/api/client";
import { trust } from "../src/api/trust";
import type { RollStatus, TokenView } from "../src/api/types";
import { loadRoll, roll, takeStep } from "../src/state/authority";
import { follow, known } from "../src/state/joining";
import { newest } from "../src/state/newest";

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
});

const settled = () => new Promise((done) => setTimeout(done));

test("of two questions only the later is the newest", () => {
  const ask = newest();
  const [first, second] = [ask(), ask()];

  expect([first(), second()]).toEqual([false, true]);
});

describe("an answer that was overtaken", () => {
  const status = (phase: RollStatus["phase"]) => ({ phase }) as RollStatus;

  test("by a deed does not take the deed back", async () => {
    let answer: (value: RollStatus) => void = () => {};
    vi.spyOn(trust, "roll").mockReturnValue(
      new Promise((resolve) => {
        answer = resolve;
      }),
    );
    vi.spyOn(trust, "take").mockResolvedValue(status("prepared"));
    vi.spyOn(trust, "authority").mockRejectedValue(new Error("not asked here"));
    const before = loadRoll();
    await takeStep("prepare");
    answer(status("steady"));
    await before;

    expect(roll.value?.phase).toBe("prepared");
  });

  test("by another line's token is not shown for that one", async () => {
    vi.stubGlobal("document", { hidden: false });
    const answers: Record<string, (value: TokenView) => void> = {};
    vi.spyOn(api, "token").mockImplementation(
      (id) =>
        new Promise((resolve) => {
          answers[id] = resolve;
        }),
    );
    follow("old")();
    const stop = follow("new");
    answers.new?.({ id: "new" } as TokenView);
    await settled();
    answers.old?.({ id: "old" } as TokenView);
    await settled();

    expect(known.value?.id).toBe("new");
    stop();
  });
});
