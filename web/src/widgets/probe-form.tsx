// A new probe: its kind, what it asks, how often, and who asks; tried before it is kept.

import { useState } from "preact/hooks";
import { type Probe, probesApi, type TriedProbe } from "../api/probes";
import { sentence } from "../format/states";
import { nodes } from "../state/nodes";
import { loadProbes } from "../state/probes";
import { space } from "../state/session";
import { cli } from "./cli-line";
import { Button, Field, Segments } from "./controls";
import { Deed } from "./dialog";
import { PickField } from "./editor-fields";
import { everyText } from "./probe-table";

const KINDS = [
  ["ping", "Ping"],
  ["http_response", "Web page"],
  ["dns_query", "DNS"],
] as const;
const EVERY = [
  ["15", "15 s"],
  ["60", "1 min"],
  ["300", "5 min"],
  ["3600", "1 h"],
] as const;
const HINTS = {
  ping: "A name or an address: 192.168.1.1",
  http_response: "The whole address, with https in front and no password in it",
  dns_query: "Name or address of the name server: 9.9.9.9",
};

type Kind = Probe["kind"];
type Every = (typeof EVERY)[number][0];

interface Typed {
  kind: Kind;
  target: string;
  more: string; // text to be found in a page, or the name that is asked for
  every: Every;
}

export function probeOf({ kind, target, more, every }: Typed): Probe {
  const interval_s = Number(every);
  const asked = target.trim();
  if (kind === "ping") return { kind, url: asked, interval_s };
  if (kind === "dns_query")
    return {
      kind,
      server: asked,
      domain: more.trim() || ".",
      record_type: more.trim() ? "A" : "NS",
      interval_s,
    };
  return { kind, url: asked, ...(more && { match: more }), interval_s };
}

function commandOf(probe: Probe, node: string): string {
  const every = ["--interval", everyText(probe.interval_s).replace(" min", "m").replaceAll(" ", "")];
  const who = node ? ["--node", node] : [];
  if (probe.kind === "ping") return cli("muster", "probe", "add", "ping", probe.url, every, who);
  if (probe.kind === "http_response")
    return cli(
      "muster",
      "probe",
      "add",
      "http",
      probe.url,
      every,
      probe.match ? ["--match", probe.match] : [],
      who,
    );
  const asked = ["--domain", probe.domain, "--record-type", probe.record_type];
  return cli("muster", "probe", "add", "dns", probe.server, asked, every, who);
}

export function ProbeForm({ onClose }: { onClose: () => void }) {
  const [typed, setTyped] = useState<Typed>({ kind: "ping", target: "", more: "", every: "15" });
  const [node, setNode] = useState("");
  const change = (part: Partial<Typed>) => setTyped({ ...typed, ...part });
  const probe = probeOf(typed);
  const name = nodes.value.get(node)?.name ?? "";
  const runners = [...nodes.value.values()].map((each) => [each.id, each.name] as const);
  const add = async () => {
    await probesApi.add(space.value?.id ?? "", probe, node ? [node] : []);
    await loadProbes();
  };
  return (
    <Deed
      wide
      title="Add a probe"
      consequence="The agent is told with its next heartbeat and begins at once; nothing is started anew."
      keep="Cancel"
      deed="Add the probe"
      ready={typed.target.trim() !== ""}
      cli={commandOf(typed.target.trim() ? probe : probeOf({ ...typed, target: "TARGET" }), name)}
      onClose={onClose}
      onDeed={add}
    >
      <div class="field">
        <b>Kind</b>
        <Segments
          label="Kind"
          value={typed.kind}
          options={KINDS}
          onChange={(kind) => change({ kind, every: kind === "ping" ? "15" : "60" })}
        />
      </div>
      <Field
        label="Asks"
        hint={HINTS[typed.kind]}
        input={{
          value: typed.target,
          maxLength: 1_024,
          autofocus: true,
          autocomplete: "off",
          spellcheck: false,
          class: "mono",
          onInput: (event) => change({ target: event.currentTarget.value }),
        }}
      />
      {typed.kind !== "ping" && (
        <Field
          label={typed.kind === "dns_query" ? "For the address of" : "The page has to say"}
          hint={
            typed.kind === "dns_query" ? "Left out: who serves the root" : "A pattern, optional: (?i)welcome"
          }
          input={{
            value: typed.more,
            maxLength: 253,
            autocomplete: "off",
            spellcheck: false,
            class: "mono",
            onInput: (event) => change({ more: event.currentTarget.value }),
          }}
        />
      )}
      <div class="field">
        <b>Every</b>
        <Segments label="Every" value={typed.every} options={EVERY} onChange={(every) => change({ every })} />
      </div>
      <PickField
        label="Run by"
        value={node}
        options={[["", "the hub's own agent"], ...runners]}
        onChange={setNode}
      />
      <Trial probe={probe} node={node} ready={typed.target.trim() !== ""} />
    </Deed>
  );
}

/** Carried out once; nothing of it is kept. */
function Trial({ probe, node, ready }: { probe: Probe; node: string; ready: boolean }) {
  const [told, setTold] = useState<{ of: Probe; text: string } | null>(null);
  const [busy, setBusy] = useState(false);
  const run = async () => {
    setBusy(true);
    const text = await probesApi
      .test(space.value?.id ?? "", probe, node)
      .then(toldOf, (error: unknown) => (error instanceof Error ? error.message : String(error)));
    setTold({ of: probe, text });
    setBusy(false);
  };
  const fits = told && JSON.stringify(told.of) === JSON.stringify(probe);
  return (
    <div class="field">
      <div>
        <Button small icon="play" disabled={!ready || busy} onClick={() => void run()}>
          {busy ? "Trying…" : "Try it once"}
        </Button>
      </div>
      <small role="status">{fits ? sentence(told.text) : "Nothing of a trial is kept."}</small>
    </div>
  );
}

export function toldOf({ name, points, fault }: TriedProbe): string {
  if (fault) return `${name}: ${fault}`;
  const shown = points.flatMap(({ fields }) =>
    Object.entries(fields)
      .filter(([key]) =>
        /response_ms$|response_time|query_time_ms|http_response_code|result_(code|type)/.test(key),
      )
      .map(([key, value]) => `${key} ${typeof value === "number" ? Number(value.toFixed(3)) : value}`),
  );
  return `${name}: ${shown.slice(0, 5).join(", ") || "it was carried out"}`;
}
