import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { api } from "../src/api/client";
import type { NodeView } from "../src/api/types";
import {
  allNodes,
  applySummaries,
  dropNode,
  loadError,
  loaded,
  loadNodes,
  putNode,
} from "../src/state/nodes";
import { node, summary } from "./node";

const names = () => [...allNodes.value.values()].map((each) => each.name);

/** Lists that are answered when the test says so, in the order in which they were asked for. */
function lists() {
  const open: { resolve: (list: NodeView[]) => void; reject: (error: Error) => void }[] = [];
  vi.spyOn(api, "nodes").mockImplementation(
    () => new Promise((resolve, reject) => open.push({ resolve, reject })),
  );
  return open;
}

const settled = () => new Promise((done) => setTimeout(done));

describe("the list of nodes", () => {
  beforeEach(() => {
    allNodes.value = new Map();
    loaded.value = false;
    loadError.value = "";
  });
  afterEach(() => vi.restoreAllMocks());

  test("keeps what was told of a node while it was asked for", async () => {
    const asked = lists();
    const done = loadNodes();
    putNode(node({ name: "joined" }));
    putNode(node({ name: "quay", state: "revoked" }));
    dropNode("id-gone");
    asked[0]?.resolve([node({ name: "quay" }), node({ name: "gone" })]);
    await done;

    expect(names()).toEqual(["quay", "joined"]);
    expect(allNodes.value.get("id-quay")?.state).toBe("revoked");
  });

  test("is read page by page, and seen from the first page on", async () => {
    const asked = lists();
    const done = loadNodes();
    const first = Array.from({ length: 500 }, (_, index) => node({ name: `n${index}` }));
    asked[0]?.resolve(first);
    await settled();
    expect(allNodes.value.size).toBe(500);
    expect(loaded.value).toBe(false);

    dropNode("id-gone");
    asked[1]?.resolve([node({ name: "gone" }), node({ name: "last" })]);
    await done;
    expect(vi.mocked(api.nodes).mock.calls).toEqual([
      ["", 500],
      ["id-n499", 10_000],
    ]);
    expect(names().slice(500)).toEqual(["last"]);
    expect(loaded.value).toBe(true);
  });

  test("stays as it was until a new one is whole", async () => {
    const asked = lists();
    const done = loadNodes();
    asked[0]?.resolve([node({ name: "quay" }), node({ name: "gone" })]);
    await done;
    const again = loadNodes();
    asked[1]?.resolve(Array.from({ length: 500 }, (_, index) => node({ name: `n${index}` })));
    await settled();
    expect(names()).toEqual(["quay", "gone"]);
    asked[2]?.reject(new Error("away"));
    await again;
    expect(names()).toEqual(["quay", "gone"]);
    expect(loadError.value).toBe("away");
  });

  test("that was asked for later counts, whichever is answered first", async () => {
    const asked = lists();
    const both = Promise.all([loadNodes(), loadNodes()]);
    asked[1]?.resolve([node({ name: "new" })]);
    asked[0]?.resolve([node({ name: "old" })]);
    await both;

    expect(names()).toEqual(["new"]);
  });

  test("that failed after another was asked for says nothing", async () => {
    const asked = lists();
    const both = Promise.all([loadNodes(), loadNodes()]);
    asked[0]?.reject(new Error("away"));
    asked[1]?.resolve([]);
    await both;

    expect(loadError.value).toBe("");
  });

  test("is asked for once more when the table holds a node that nobody told of", async () => {
    const asked = lists();
    const done = loadNodes();
    asked[0]?.resolve([node({ name: "quay" })]);
    await done;
    applySummaries([summary("id-quay"), summary("id-late")]);
    applySummaries([summary("id-quay"), summary("id-late")]);
    expect(asked.length).toBe(2);
    asked[1]?.resolve([node({ name: "quay" }), node({ name: "late" })]);
    await settled();

    expect(names()).toEqual(["quay", "late"]);
  });

  test("is asked for no more on account of a node that it does not hold", async () => {
    const asked = lists();
    const done = loadNodes();
    asked[0]?.resolve([]);
    await done;
    applySummaries([summary("id-ghost")]);
    asked[1]?.resolve([]);
    await settled();
    applySummaries([summary("id-ghost")]);

    expect(asked.length).toBe(2);
  });
});
