import { describe, expect, test } from "vitest";
import type { Probe, ProbeKind, ProbeView, Run } from "../src/api/probes";
import { addCommand, emptyProbe, probeOf, setCommand, spanText, typedOf } from "../src/state/probe-form";
import { countText, outcomeOf } from "../src/state/probe-runs";

const NOBODY = { nodes: [], rooms: [] };
const PAGE: Probe = {
  ...{ kind: "http_response", url: "https://nas.lan/", match: "Sign in", verify: false },
  ...{ method: "HEAD", status: 200, follow_redirects: true, interval_s: 90, timeout_s: 4 },
};
const PING: Probe = { kind: "ping", url: "nas", interval_s: 15, timeout_s: 1, count: 3, ip: "6" };
const DNS: Probe = {
  ...{ kind: "dns_query", server: "9.9.9.9", domain: "a.b", record_type: "MX", interval_s: 60 },
  ...{ timeout_s: 2, network: "tcp", port: 5353 },
};
const view = (probe: Probe): ProbeView => ({
  ...{
    id: "p1",
    probe,
    nodes: [{ id: "n", name: "web" }],
    rooms: [],
    enabled: true,
    created_ns: 0,
    runners: [],
  },
});

describe("a probe in a form", () => {
  test("is the same when nothing was typed", () => {
    expect(probeOf(typedOf(PAGE))).toEqual(PAGE);
    const { timeout_s: _ping, ...ping } = PING;
    expect(probeOf(typedOf(PING))).toEqual(ping); // the usual one follows the interval
    const { timeout_s: _dns, ...dns } = DNS;
    expect(probeOf(typedOf(DNS))).toEqual(dns);
  });

  test("asks who serves the root without a domain, and for an address with one", () => {
    const empty = emptyProbe("dns_query", "9.9.9.9");
    expect(probeOf(empty)).toMatchObject({ domain: ".", record_type: "NS" });
    expect(probeOf({ ...empty, domain: "a.b" })).toMatchObject({ domain: "a.b", record_type: "A" });
  });

  test("says its command in the command's own words", () => {
    expect(addCommand(typedOf(PAGE), { nodes: ["web"], rooms: ["All nodes"] })).toBe(
      "muster probe add http https://nas.lan/ --interval 90s --timeout 4s --method HEAD --match 'Sign in' --status 200 --follow --no-verify --node web --room 'All nodes'",
    );
    expect(addCommand(emptyProbe("ping"), NOBODY)).toBe("muster probe add ping TARGET --interval 15s");
    expect([spanText(5), spanText(120), spanText(86_400)]).toEqual(["5s", "2m", "24h"]);
  });

  test("says of a change what has changed alone, and takes options back", () => {
    const typed = typedOf(PAGE);
    const own = { nodes: ["web"], rooms: [] };
    expect(setCommand(view(PAGE), { ...typed, intervalS: 60 }, own)).toBe(
      "muster probe set p1 --interval 1m",
    );
    expect(setCommand(view(PAGE), { ...typed, verify: true, match: "", timeoutS: null }, NOBODY)).toBe(
      "muster probe set p1 --timeout 5s --match '' --verify --by-hub",
    );
    expect(setCommand(view(PING), { ...typedOf(PING), target: "pi", ip: "" }, own)).toBe(
      "muster probe set p1 --target pi --ip any",
    );
  });
});

describe("a run in words", () => {
  const run = (change: Partial<Run>): Run => ({
    ...{ time_ns: 0, code: 0, ms: 1, answer: "", lost_percent: null },
    ...change,
  });
  const wordOf = (kind: ProbeKind, change: Partial<Run>) => outcomeOf(kind, run(change)).word;

  test("says what answered", () => {
    expect(wordOf("ping", {})).toBe("answers");
    expect(wordOf("http_response", { answer: "204" })).toBe("204");
    expect(outcomeOf("ping", run({ lost_percent: 33.3 }))).toEqual({ mark: "warn", word: "33 % lost" });
  });

  test("says what went wrong", () => {
    expect(wordOf("ping", { code: 1, ms: null, lost_percent: 100 })).toBe("no reply");
    expect(wordOf("dns_query", { code: 2, answer: "NXDOMAIN" })).toBe("NXDOMAIN");
    expect(wordOf("http_response", { code: 6, answer: "404" })).toBe("status 404");
    expect(wordOf("http_response", { code: 9 })).toBe("result 9");
    expect(outcomeOf("http_response", run({ code: 4, ms: null })).mark).toBe("crit");
  });

  test("and how many went well", () => {
    expect(countText([run({}), run({ code: 1 }), run({})])).toBe("2 of the last 3 went well");
  });
});
