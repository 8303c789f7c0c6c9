// A probe that is made or changed: what it asks, how often, who runs it; tried before it is kept.

import { useState } from "preact/hooks";
import { type Probe, type ProbeView, probesApi, type TriedProbe } from "../api/probes";
import { sentence } from "../format/states";
import { nodes } from "../state/nodes";
import {
  addCommand,
  EVERY_S,
  emptyProbe,
  type Kind,
  probeOf,
  type Runners,
  setCommand,
  spanText,
  type Typed,
  typedOf,
} from "../state/probe-form";
import { loadProbes, targetOf } from "../state/probes";
import { rooms } from "../state/rooms";
import { space } from "../state/session";
import { Button, Field, Segments } from "./controls";
import { Deed } from "./dialog";
import { PickField } from "./editor-fields";
import { ProbeFields } from "./probe-fields";
import { ProbeRunners } from "./probe-runners";

const KINDS = [
  ["ping", "Ping"],
  ["http_response", "Web page"],
  ["dns_query", "DNS"],
] as const;
const EVERY_CHOICES_S = [5, 15, 30, 60, 300, 900, 3_600, 86_400];
const HINTS: Record<Kind, string> = {
  ping: "A name or an address: 192.168.1.1",
  http_response: "The whole address, with https in front and no password in it",
  dns_query: "Name or address of the name server: 9.9.9.9",
};

interface ProbeFormProps {
  known?: ProbeView | undefined; // one that is changed
  onClose: () => void;
}

export function ProbeForm({ known, onClose }: ProbeFormProps) {
  const [typed, setTyped] = useState<Typed>(known ? typedOf(known.probe) : emptyProbe("ping"));
  const [runners, setRunners] = useState<Runners>(known ? idsOf(known) : { nodes: [], rooms: [] });
  const change = (part: Partial<Typed>) => setTyped({ ...typed, ...part });
  const probe = probeOf(typed);
  const ready = typed.target.trim() !== "";
  const own = space.value?.id ?? "";
  const keep = async () => {
    if (known) await probesApi.edit(own, known.id, probe, runners.nodes, runners.rooms);
    else await probesApi.add(own, probe, runners.nodes, runners.rooms);
    await loadProbes();
  };
  const names = namesOf(runners);
  return (
    <Deed
      wide
      title={known ? `Change the probe of ${targetOf(known.probe)}` : "Add a probe"}
      consequence={
        known
          ? "Agents are told with their next heartbeat. What was measured stays."
          : "The agent is told with its next heartbeat and begins at once; nothing is started anew."
      }
      keep="Cancel"
      deed={known ? "Change the probe" : "Add the probe"}
      ready={ready}
      cli={known ? setCommand(known, typed, names) : addCommand(typed, names)}
      onClose={onClose}
      onDeed={keep}
    >
      {!known && (
        <div class="field">
          <b>Kind</b>
          <Segments
            label="Kind"
            value={typed.kind}
            options={KINDS}
            onChange={(kind) => setTyped({ ...emptyProbe(kind, typed.target), intervalS: EVERY_S[kind] })}
          />
        </div>
      )}
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
      <ProbeFields typed={typed} change={change} />
      <PickField
        label="Every"
        value={String(typed.intervalS)}
        options={[...new Set([...EVERY_CHOICES_S, typed.intervalS])]
          .sort((a, b) => a - b)
          .map((seconds) => [String(seconds), spanText(seconds)] as const)}
        onChange={(seconds) => change({ intervalS: Number(seconds) })}
      />
      <ProbeRunners runners={runners} onChange={setRunners} />
      <Trial probe={probe} node={runners.nodes[0] ?? ""} ready={ready} />
    </Deed>
  );
}

const idsOf = (known: ProbeView): Runners => ({
  nodes: known.nodes.map(({ id }) => id),
  rooms: known.rooms.map(({ id }) => id),
});

/** As the command names them. */
const namesOf = ({ nodes: chosen, rooms: of }: Runners): Runners => ({
  nodes: chosen.map((id) => nodes.value.get(id)?.name ?? id),
  rooms: of.map((id) =>
    id === space.value?.id ? "All nodes" : (rooms.value.find((room) => room.id === id)?.name ?? id),
  ),
});

/** Carried out once; nothing of it is kept. */
function Trial({ probe, node, ready }: { probe: Probe; node: string; ready: boolean }) {
  const [told, setTold] = useState<{ of: Probe; text: string } | null>(null);
  const [busy, setBusy] = useState(false);
  const run = async () => {
    setBusy(true);
    const text = await probesApi
      .test(space.value?.id ?? "", probe, node)
      .then(toldOf, (error: unknown) => sentence(error instanceof Error ? error.message : String(error)));
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
      <small role="status">{fits ? told.text : "Nothing of a trial is kept."}</small>
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
