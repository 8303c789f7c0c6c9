import { describe, expect, test } from "vitest";
import { edgesOf, heatMapOf, histogramOf } from "../src/charts/buckets";
import { runsOf, shares } from "../src/charts/runs";
import { csvOf } from "../src/format/csv";
import { parseMarkdown, safeTarget } from "../src/format/markdown";
import { Asks } from "../src/state/asks";
import { type Box, compacted, freePlace, overlap, placed, stepped } from "../src/state/grid";
import { begun, changed, redone, undone } from "../src/state/history";

const box = (id: string, x: number, y: number, w = 6, h = 4): Box => ({ id, x, y, w, h });
const at = (boxes: Box[], id: string) => {
  const found = boxes.find((each) => each.id === id);
  return found && [found.x, found.y];
};

describe("the grid of panels", () => {
  const row = [box("a", 0, 0), box("b", 6, 0), box("c", 0, 4)];

  test("a panel that is moved onto another pushes it down", () => {
    const next = placed(row, box("a", 6, 0));
    expect(at(next, "a")).toEqual([6, 0]);
    expect(at(next, "b")).toEqual([6, 4]);
  });

  test("what is left empty above is filled", () => {
    expect(at(placed(row, box("a", 6, 0)), "c")).toEqual([0, 0]);
    expect(at(compacted([box("a", 0, 7)]), "a")).toEqual([0, 0]);
  });

  test("one press of a key moves past what is in the way", () => {
    const next = stepped(row, box("a", 0, 0), 0, 1);
    expect(at(next, "c")).toEqual([0, 0]);
    expect(at(next, "a")).toEqual([0, 4]);
  });

  test("nothing ever overlaps or leaves the grid, wherever it is put", () => {
    let boxes = [...row, box("d", 12, 0, 12, 9), box("e", 3, 8, 20, 1)];
    for (let turn = 0; turn < 200; turn += 1) {
      const one = boxes[turn % boxes.length] as Box;
      boxes = placed(boxes, { ...one, x: (turn * 7) % 31, y: (turn * 5) % 13, w: 1 + ((turn * 3) % 25) });
      for (const each of boxes) {
        expect(each.x >= 0 && each.x + each.w <= 24 && each.y >= 0).toBe(true);
        expect(boxes.some((other) => overlap(each, other))).toBe(false);
      }
    }
  });

  test("another panel goes beside the last one, or below everything", () => {
    expect(freePlace([box("a", 0, 0)], 6, 4)).toEqual({ x: 6, y: 0 });
    expect(freePlace([box("a", 0, 0, 20)], 6, 4)).toEqual({ x: 0, y: 4 });
    expect(freePlace([], 6, 4)).toEqual({ x: 0, y: 0 });
  });
});

describe("undo", () => {
  test("goes back and forth, and a new change forgets what was taken back", () => {
    const two = changed(changed(begun(0), 1), 2);
    expect(undone(two).present).toBe(1);
    expect(redone(undone(two)).present).toBe(2);
    expect(redone(changed(undone(two), 7)).present).toBe(7);
    expect(undone(begun(0)).present).toBe(0);
  });

  test("typing in one field is one step", () => {
    const typed = changed(changed(changed(begun(""), "a", "title"), "ab", "title"), "abc", "title");
    expect(undone(typed).present).toBe("");
  });
});

describe("questions to the hub", () => {
  const waiting = () => {
    let open = (_: string) => {};
    const promise = new Promise<string>((resolve) => {
      open = resolve;
    });
    return { promise, open };
  };
  const still = new AbortController().signal;

  test("a slow one holds one place, the others pass it", async () => {
    const asks = new Asks(2);
    const slow = waiting();
    void asks.ask(() => slow.promise, still);
    const rest = await Promise.all(["a", "b", "c"].map((text) => asks.ask(async () => text, still)));
    expect(rest).toEqual(["a", "b", "c"]);
    slow.open("at last");
  });

  test("what is no longer wanted is never asked", async () => {
    const asks = new Asks(1);
    const slow = waiting();
    const first = asks.ask(() => slow.promise, still);
    const gone = new AbortController();
    let asked = false;
    const second = asks.ask(async () => {
      asked = true;
    }, gone.signal);
    gone.abort();
    await expect(second).rejects.toThrow();
    slow.open("");
    await first;
    expect(asked).toBe(false);
  });

  test("the nearest goes first, and a failure makes room too", async () => {
    const asks = new Asks(1);
    const order: string[] = [];
    const slow = waiting();
    const first = asks.ask(() => slow.promise, still);
    const far = asks.ask(async () => order.push("far"), still, 2);
    const near = asks.ask(async () => order.push("near"), still, 1);
    slow.open("");
    await first;
    await expect(asks.ask(() => Promise.reject(new Error("no")), still)).rejects.toThrow("no");
    await Promise.all([far, near]);
    expect(order).toEqual(["near", "far"]);
  });
});

describe("distributions", () => {
  test("ranges are round and hold every value once", () => {
    const { edges, counts } = histogramOf([0.1, 0.12, 0.31, null, 0.9], 10);
    expect(edges[0]).toBe(0.1);
    expect(edges).toContain(0.3);
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(4);
    expect(histogramOf([], 10)).toEqual({ edges: [], counts: [] });
    expect(histogramOf([5, 5], 10).counts).toEqual([2]);
  });

  test("a heat map counts per piece of time", () => {
    const map = heatMapOf([0, 1, 10, 11], [[1, 1, 9, null]], 0, 20, 2, 10);
    expect(map.most).toBe(2);
    expect(map.columns[0]?.[0]).toBe(2);
    expect(map.columns[1]?.at(-1)).toBe(1);
    expect(edgesOf([1, 1, 9], 10)).toHaveLength(10);
  });
});

describe("a state timeline", () => {
  test("joins what stays the same and ends where nothing is known", () => {
    const runs = runsOf([0, 10, 20, 30, 100], ["up", "up", "down", "down", "up"], 200);
    expect(runs).toEqual([
      { fromS: 0, toS: 20, value: "up" },
      { fromS: 20, toS: 55, value: "down" },
      { fromS: 100, toS: 125, value: "up" },
    ]);
    expect(shares(runs)[0]).toEqual(["up", 45]);
  });
});

describe("texts of a panel", () => {
  test("become blocks and spans", () => {
    expect(parseMarkdown("# Head\ntwo *words* and `code`\n\n- one\n- **two**\n```\na < b\n```")).toEqual([
      { kind: "heading", level: 1, spans: [{ kind: "text", text: "Head" }] },
      {
        kind: "text",
        spans: [
          { kind: "text", text: "two " },
          { kind: "em", text: "words" },
          { kind: "text", text: " and " },
          { kind: "code", text: "code" },
        ],
      },
      {
        kind: "list",
        ordered: false,
        items: [[{ kind: "text", text: "one" }], [{ kind: "strong", text: "two" }]],
      },
      { kind: "code", text: "a < b" },
    ]);
  });

  test("HTML stays text and links lead to the web or to a page of ours alone", () => {
    const [block] = parseMarkdown("<img src=x onerror=alert(1)> [x](javascript:alert(1)) [y](/nodes)");
    expect(block).toEqual({
      kind: "text",
      spans: [
        { kind: "text", text: "<img src=x onerror=alert(1)> [x](javascript:alert(1)) " },
        { kind: "link", text: "y", href: "/nodes" },
      ],
    });
    for (const bad of [
      "javascript:1",
      "JavaScript:1",
      "data:text/html,x",
      "//evil",
      "/\\evil",
      "vbscript:1",
      " https",
    ])
      expect(safeTarget(bad)).toBe("");
  });

  test("as a spreadsheet keep quotes, and no cell is run as a formula", () => {
    expect(
      csvOf(
        ["a", "b"],
        [
          ['say "x"', -1],
          ["=1+1", null],
        ],
      ),
    ).toBe('a,b\r\n"say ""x""",-1\r\n\'=1+1,\r\n');
  });
});
