import { describe, expect, test } from "vitest";
import type { AuditEvent, RollStatus, RoomView, ServiceView, SpaceSettings } from "../src/api/types";
import { lifetimeText, readLifetime, spanOption } from "../src/format/lifetimes";
import { roleCommands, roleOptions } from "../src/format/people";
import { PLATFORMS, platformOf } from "../src/format/platforms";
import { highest, roleOn } from "../src/format/roles";
import { isEmpty, labelsFault, ruleOf, ruleOptions, ruleText, textsOf } from "../src/format/rules";
import { commandLine, quoted } from "../src/format/shell";
import { findBySlug, slugOf } from "../src/format/spaces";
import { kindsOf, linesOf, matching, readNoted } from "../src/state/audit";
import { inSpace } from "../src/state/location";
import { nameOptions } from "../src/widgets/pki-sign";
import { isGood } from "../src/widgets/pki-table";
import { roleChanges } from "../src/widgets/role-picker";
import { stepOf } from "../src/widgets/roll-card";
import { commandOf } from "../src/widgets/room-editor";
import { settingsOptions } from "../src/widgets/space-settings";

describe("spaces in addresses", () => {
  const spaces = [
    { id: "1", name: "Harbour Lab" },
    { id: "2", name: "Customers & friends" },
    { id: "3", name: "customers, friends" },
    { id: "4", name: "···" },
  ];

  test("are called by a word of their name, and by their id where that is not enough", () => {
    expect(spaces.map((space) => slugOf(space, spaces))).toEqual(["harbour-lab", "2", "3", "4"]);
  });

  test("are found by what stands in the address", () => {
    for (const space of spaces) expect(findBySlug(slugOf(space, spaces), spaces)).toBe(space);
    expect(findBySlug("customers-friends", spaces)).toBeUndefined();
  });

  test("stand in front of pages, not of files or of what the hub answers itself", () => {
    expect(inSpace("/nodes?q=a", "north quay")).toBe("/s/north%20quay/nodes?q=a");
    expect(inSpace("/nodes", "")).toBe("/nodes");
    for (const apart of ["/s/other/nodes", "/api/v1/session", "/v1/trust", "/crl.pem", "//elsewhere"])
      expect(inSpace(apart, "quay")).toBe(apart);
  });
});

describe("rules of rooms", () => {
  const rule = { labels: { site: "berlin" }, hosts: ["web-*", "www"], networks: ["10.0.0.0/8"] };

  test("are the same after they were written and read", () => {
    expect(ruleOf(textsOf(rule))).toEqual(rule);
    expect(isEmpty(ruleOf(textsOf(null)))).toBe(true);
  });

  test("read as a sentence and as options", () => {
    expect(ruleText(rule)).toBe("host web-* or www, from 10.0.0.0/8, label site=berlin");
    expect(commandLine(ruleOptions(rule))).toBe(
      "--label site=berlin --host 'web-*' --host www --network 10.0.0.0/8",
    );
  });

  test("want key and value of a label", () => {
    expect(labelsFault("site=berlin, a=b=c")).toBe("");
    expect(labelsFault("site=berlin berlin")).toContain("“berlin”");
    expect(labelsFault("site=")).toContain("“site=”");
  });

  test("become the command that makes the room", () => {
    const none = { labels: "", hosts: "", networks: "" };
    const room = { name: "Old", rule, agent_lifetime_s: 3600 } as unknown as RoomView;
    expect(commandOf(null, "Web", { ...none, hosts: "web-*" }, 43_200)).toBe(
      "muster room create Web --host 'web-*' --agent-lifetime 12h",
    );
    expect(commandOf(room, "Old", none, 0)).toBe("muster room set Old --no-rule --agent-lifetime default");
  });
});

describe("roles", () => {
  test("of none the least counts, of several the most", () => {
    expect(highest([])).toBe("viewer");
    expect(highest(["editor", "viewer", "admin"])).toBe("admin");
  });

  test("for a node count in its space and in the rooms it is in, no others", () => {
    const spaces = [
      { id: "s", name: "Lab", role: null, rooms: [{ id: "r", name: "Edge", role: "admin" as const }] },
      { id: "t", name: "Sea", role: "editor" as const, rooms: [] },
    ];
    const at = (space: string, ...rooms: string[]) => ({
      space: { id: space, name: "" },
      rooms: rooms.map((id) => ({ id, name: "", by_rule: false })),
    });
    expect(roleOn(at("s", "r"), spaces)).toBe("admin");
    expect(roleOn(at("s", "other"), spaces)).toBeNull();
    expect(roleOn(at("t"), spaces)).toBe("editor");
    expect(roleOn(at("elsewhere", "r"), spaces)).toBeNull();
  });

  test("only what differs is sent, and null takes one away", () => {
    expect(
      roleChanges({ a: "viewer", b: "admin", c: "editor" }, { a: "viewer", b: "editor", d: "viewer" }),
    ).toEqual({
      b: "editor",
      c: null,
      d: "viewer",
    });
  });

  test("are given by one command per place", () => {
    const names = new Map([["s", "My Lab"]]);
    const rooms = new Map([["r", "Edge"]]);
    expect(roleCommands("ada", { roles: { s: "admin" }, room_roles: { r: null } }, names, rooms)).toBe(
      "muster user role ada admin --space 'My Lab'\nmuster user role ada none --room Edge",
    );
    expect(roleOptions({ role: "viewer", room_roles: { r: "editor" } }, rooms)).toEqual([
      "--role",
      "viewer",
      "--room",
      "Edge=editor",
    ]);
  });
});

describe("lifetimes", () => {
  test("go to the command line in the largest unit that fits", () => {
    expect([3600, 43_200, 86_400, 5400, 61].map(spanOption)).toEqual(["1h", "12h", "1d", "90m", "61s"]);
  });

  test("have bounds, and none of their own leaves it to what stands above", () => {
    expect(readLifetime("36 h")).toEqual({ value: 129_600 });
    expect(readLifetime("30 min")).toHaveProperty("error");
    expect(readLifetime("91 d")).toHaveProperty("error");
    expect(lifetimeText(0, "space")).toBe("as the space");
  });

  test("of a space are said only where they change", () => {
    const before: SpaceSettings = {
      agent_lifetime_s: 3600,
      approval: "policy",
      require_second_factor: false,
      store: true,
      keep_days: 0,
      netdata_keep: { contexts: [], step_s: 10, since_s: 0 },
    };
    expect(settingsOptions(before, { ...before, keep_days: 14 })).toEqual(["--keep", "14d"]);
    expect(settingsOptions({ ...before, keep_days: 14 }, before)).toEqual(["--keep", "default"]);
    expect(settingsOptions(before, before)).toEqual([]);
    expect(settingsOptions(before, { ...before, agent_lifetime_s: 0, store: false })).toEqual([
      "--agent-lifetime",
      "default",
      "--pass-through",
      "on",
    ]);
    const netdata_keep = { contexts: ["system.*", "disk.space"], step_s: 60, since_s: 0 };
    expect(settingsOptions(before, { ...before, netdata_keep })).toEqual([
      "--netdata-keep",
      "system.*,disk.space",
      "--netdata-step",
      "1m",
    ]);
    expect(settingsOptions({ ...before, netdata_keep }, before)).toContain("off");
  });
});

describe("the audit log", () => {
  const event = (id: number, change: Partial<AuditEvent>): AuditEvent => ({
    id,
    time_ns: 0,
    actor: "admin",
    action: "node.revoke",
    object: "n1",
    address: "10.0.0.1",
    outcome: "ok",
    detail: "",
    space: "",
    hash: "",
    ...change,
  });
  const list = [event(1, {}), event(2, { action: "ca.prepare", outcome: "conflict", detail: "too early" })];
  const all = { text: "", kind: "", refused: false };

  test("is filtered by words anywhere, also in the name of a node", () => {
    const names = (id: string) => (id === "n1" ? "pilot-db" : "");
    const ids = (filter: Partial<typeof all>) =>
      matching(list, { ...all, ...filter }, names).map((each) => each.id);
    expect(ids({})).toEqual([1, 2]);
    expect(ids({ text: "PILOT revoke" })).toEqual([1]);
    expect(ids({ text: "early" })).toEqual([2]);
    expect(ids({ kind: "node" })).toEqual([1]);
    expect(ids({ refused: true })).toEqual([2]);
  });

  test("names the kinds that occur, the most frequent first", () => {
    expect(kindsOf([...list, event(3, { action: "ca.activate" })])).toEqual([
      ["ca", 2],
      ["node", 1],
    ]);
  });

  test("is exported digit by digit, whatever a text in it looks like", () => {
    const lines = [
      '{"id":1,"time_ns":1795644000123456789,"detail":"a},{\\"id\\":2"}',
      '{"id":2,"time_ns":1795644000123456790,"detail":"}"}',
    ];
    expect(linesOf(`[${lines.join(",")}]`)).toEqual(lines);
    expect(linesOf("[]")).toEqual([]);
  });

  test("takes a noted hash as verify prints it", () => {
    const hash = "9f".repeat(32);
    expect(readNoted(` 1204:${hash.toUpperCase()} `)).toEqual({ event: 1204, hash });
    expect(readNoted("1204:9f2c")).toBeNull();
  });
});

describe("certificates of other services", () => {
  test("tell addresses from host names", () => {
    expect(nameOptions(["nas.lan", "10.0.0.7", "fd00::7"])).toEqual([
      "--dns",
      "nas.lan",
      "--ip",
      "10.0.0.7",
      "--ip",
      "fd00::7",
    ]);
  });

  test("are good while valid or replaced, and not past their end", () => {
    const one = (state: string) => ({ state, not_after_ns: 2e15 }) as ServiceView;
    expect(["valid", "replaced", "revoked", "ended"].map((state) => isGood(one(state), 1e9))).toEqual([
      true,
      true,
      false,
      false,
    ]);
    expect(isGood(one("valid"), 3e9)).toBe(false);
  });
});

test("a roll-over has four steps, of which people take three", () => {
  const at = (phase: RollStatus["phase"]) => stepOf({ phase } as RollStatus);
  expect([at("steady"), at("prepared"), at("activated")]).toEqual([-1, 1, 3]);
});

test("words of a command are quoted where a shell would read more into them", () => {
  expect(quoted("it's")).toBe("'it'\\''s'");
  expect(commandLine("muster", ["room", "create"], undefined, "North Quay")).toBe(
    "muster room create 'North Quay'",
  );
});

test("every platform says what to do, and a browser's own words find one", () => {
  for (const { steps } of PLATFORMS) expect(steps.length).toBeGreaterThan(0);
  expect(platformOf("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0")).toBe(
    "firefox",
  );
  expect(platformOf("Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X)")).toBe("ios");
  expect(PLATFORMS.map(({ key }) => key)).toContain(platformOf(""));
});
