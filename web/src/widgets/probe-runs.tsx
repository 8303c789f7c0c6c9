// What a probe came to on each node that runs it: its last runs as strokes, the newest in words, with its time and when.

import type { Probe, ProbeRuns, ProbeView, Run } from "../api/probes";
import { exactly, roughly, toMs } from "../format/times";
import { plural, withUnit } from "../format/units";
import { now } from "../state/clock";
import { countText, outcomeOf } from "../state/probe-runs";
import { Badge } from "./icon";

const LATE = 3; // intervals without a run: what is shown is of before

export function ProbeRunsList({ each, known }: { each: ProbeView; known: ProbeRuns | undefined }) {
  if (!each.runners.length) return <span class="soft">{each.enabled ? "no node now" : "nobody"}</span>;
  const running = each.runners.filter(({ fault }) => !fault);
  const shown = known?.nodes.filter(({ node }) => running.some((one) => one.node === node));
  const more = running.length - (shown?.length ?? 0);
  return (
    <ul class="runs">
      {shown?.map(({ node, name, runs }) => (
        <li key={node}>
          <b title={name}>{name}</b> <Newest probe={each.probe} runs={runs} />
        </li>
      ))}
      {more > 0 && (
        <li>
          <span class="soft why">{shown?.length ? `and ${more} more` : plural(more, "node")}</span>
        </li>
      )}
      {faultsOf(each.runners).map(({ fault, names }) => (
        <li key={fault}>
          <b title={names.join(", ")}>{names.length > 1 ? plural(names.length, "node") : names[0]}</b>{" "}
          <span class="warmv why">{fault}</span>
        </li>
      ))}
    </ul>
  );
}

/** Nodes that do not run it, together with all that have the same reason. */
function faultsOf(runners: ProbeView["runners"]): { fault: string; names: string[] }[] {
  const all = new Map<string, string[]>();
  for (const { fault, name } of runners) if (fault) all.set(fault, [...(all.get(fault) ?? []), name]);
  return [...all].map(([fault, names]) => ({ fault, names }));
}

function Newest({ probe, runs }: { probe: Probe; runs: Run[] }) {
  const last = runs.at(-1);
  if (!last) return <span class="soft why">no result yet</span>;
  const outcome = outcomeOf(probe.kind, last);
  const ms = toMs(last.time_ns);
  const age_s = Math.max(0, (now.value - ms) / 1000);
  return (
    <>
      <Strokes runs={runs} />
      <span class={age_s > LATE * probe.interval_s ? "outcome dim" : "outcome"}>
        <Badge name={outcome.mark}>{outcome.word}</Badge>
      </span>
      <span class="num">{last.ms === null ? "" : withUnit("ms", last.ms)}</span>
      <time class="sub" title={exactly(ms)}>
        {roughly(age_s)} ago
      </time>
    </>
  );
}

const WIDTH = 5; // of a stroke and the gap beside it
const HEIGHT = 16;

/** A stroke for each run: as tall as it took long; a hollow one of full height for one that went wrong. */
function Strokes({ runs }: { runs: Run[] }) {
  const top = Math.max(...runs.map((run) => run.ms ?? 0), Number.MIN_VALUE);
  return (
    <svg class="strokes" width={WIDTH * 10} height={HEIGHT} role="img" aria-label={countText(runs)}>
      <title>{countText(runs)}</title>
      {runs.map((run, index) => {
        const x = WIDTH * (10 - runs.length + index);
        if (run.code !== 0)
          return <rect key={run.time_ns} class="bad" x={x + 0.5} y="0.5" width="2" height={HEIGHT - 1} />;
        const height = Math.max(2, Math.round(((run.ms ?? 0) / top) * (HEIGHT - 2)));
        return <rect key={run.time_ns} x={x} y={HEIGHT - height} width="3" height={height} />;
      })}
    </svg>
  );
}
