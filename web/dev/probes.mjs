// Probes of a space, as faces/native/probes.py answers.

import { uuid } from "./fleet.mjs";
import { need, Refusal } from "./refusal.mjs";

const stored = (id, probe, runners, change) => ({
  id: uuid(`probe ${id}`),
  probe,
  nodes: [],
  rooms: [],
  enabled: true,
  created_ns: 0,
  runners,
  ...change,
});
const named = (id) => ({ id, name: id });
const by = (name, fault = "") => ({ node: uuid(name), name, fault });

export const probes = () => ({
  probes: [
    stored("dns", { kind: "ping", url: "8.8.4.4", interval_s: 15 }, [by("quay-1")]),
    stored(
      "page",
      {
        ...{ kind: "http_response", url: "http://shop.harbour.lan/", match: "(?i)open", interval_s: 120 },
        ...{ method: "GET", status: 0, follow_redirects: false, verify: true, timeout_s: 5 },
      },
      [by("quay-1"), by("crane-2", "is away")],
    ),
    stored(
      "off",
      { kind: "dns_query", server: "9.9.9.9", domain: ".", record_type: "NS", interval_s: 3600 },
      [],
      {
        enabled: false,
      },
    ),
  ],
});

const run = (at, every_s, ms, change) => ({
  time_ns: (Math.floor(Date.now() / 1000 / every_s) - 9 + at) * every_s * 1e9,
  code: ms === null ? 4 : 0,
  ms,
  answer: "",
  lost_percent: null,
  ...change,
});
const tenOf = ({ kind, interval_s }) =>
  Array.from({ length: 10 }, (_, at) => {
    if (kind !== "http_response") return run(at, interval_s, 9 + 4 * Math.sin(at), { lost_percent: 0 });
    return at === 6 ? run(at, interval_s, null) : run(at, interval_s, 180 + 9 * at, { answer: "200" });
  });

const runsOf = ({ id, probe, runners }) => ({
  probe: id,
  nodes: runners.map(({ node, name, fault }) => ({ node, name, runs: fault ? [] : tenOf(probe) })),
  more: 0,
});

export function probePath([, , , id], method, body, state) {
  if (id === "runs") return state.probes.map(runsOf);
  if (!id && method === "GET") return state.probes;
  if (id === "test")
    return {
      node: uuid("quay-1"),
      name: "quay-1",
      points: [{ measurement: "ping", tags: {}, fields: { result_code: 0, average_response_ms: 12.3456 } }],
      fault: "",
    };
  if (!id) {
    if (/\s/.test(body.probe.url ?? ""))
      throw new Refusal(400, "bad_request", "probe.url: no name and no address");
    const made = stored(`made ${state.probes.length}`, body.probe, [by("quay-1", "not told yet")], {
      nodes: body.nodes.map(named),
      rooms: body.rooms.map(named),
    });
    state.probes.push(made);
    return made;
  }
  const known = need(
    state.probes.find((each) => each.id === id),
    "probe",
  );
  if (method === "DELETE") state.probes = state.probes.filter((each) => each !== known);
  else if (body.probe)
    Object.assign(known, { probe: body.probe, nodes: body.nodes.map(named), rooms: body.rooms.map(named) });
  else Object.assign(known, { enabled: body.enabled, runners: body.enabled ? [by("quay-1")] : [] });
  return known;
}
