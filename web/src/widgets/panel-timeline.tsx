// A panel of states over time: a band for each series, coloured by mappings and limits.

import { useMemo } from "preact/hooks";
import type { Panel } from "../api/types";
import { type Field, shown } from "../charts/fields";
import { type Run, runsOf, type State } from "../charts/runs";
import { atSecond, duration } from "../format/times";
import { cursor } from "../state/cursor";
import { TimeSpace, TimeTicks } from "./time-ticks";

const MOST = 30;
const MOST_RUNS = 2_000; // of one band: thinner than a pixel anyway

interface PanelTimelineProps {
  panel: Panel;
  fields: Field[];
  fromS: number;
  toS: number;
}

export function PanelTimeline({ panel, fields, fromS, toS }: PanelTimelineProps) {
  const bands = useMemo(
    () =>
      fields
        .filter((field) => !field.hidden && field.times.length > 0)
        .slice(0, MOST)
        .map((field) => ({ field, runs: runsOf(field.times, statesOf(field), toS).slice(-MOST_RUNS) })),
    [panel, fields, toS],
  );
  return (
    <div class="timeline">
      <ul>
        {bands.map(({ field, runs }) => (
          <Band key={field.key} field={field} runs={runs} fromS={fromS} toS={toS} />
        ))}
      </ul>
      <TimeTicks fromS={fromS} toS={toS} />
    </div>
  );
}

/** Values that are called the same are one state: the first of each stands for all. */
function statesOf(field: Field): (State | null)[] {
  const first = new Map<string, State>();
  return field.values.map((value) => {
    if (value === null) return null;
    const { text, unit, level } = shown(value, field);
    const name = `${text} ${unit} ${level}`;
    if (!first.has(name)) first.set(name, value);
    return first.get(name) ?? null;
  });
}

interface BandProps {
  field: Field;
  runs: Run[];
  fromS: number;
  toS: number;
}

function Band({ field, runs, fromS, toS }: BandProps) {
  const states = useMemo(() => [...new Set(runs.map((run) => run.value))], [runs]);
  const at = cursor.value;
  const under = at === null ? runs.at(-1) : runs.find((run) => run.fromS <= at && at < run.toS);
  const now = under ? shown(under.value, field) : null;
  return (
    <li>
      <span class="of" title={field.label}>
        {field.label}
      </span>
      <TimeSpace fromS={fromS} toS={toS} label={inWords(field, runs)}>
        {runs.map((run) => (
          <i
            key={run.fromS}
            class={`run ${classOf(field, run.value, states)}`}
            title={`${shown(run.value, field).text}, ${atSecond(run.fromS * 1000)} for ${duration(run.toS - run.fromS)}`}
            style={{ "--x": place(run.fromS, fromS, toS), "--to": place(run.toS, fromS, toS) }}
          />
        ))}
      </TimeSpace>
      <b>{now ? `${now.text} ${now.unit}` : "–"}</b>
    </li>
  );
}

const place = (at: number, fromS: number, toS: number): string =>
  Math.max(0, Math.min(1, (at - fromS) / (toS - fromS))).toFixed(5);

/** The colour its limits give it, or one by the order in which states come. */
function classOf(field: Field, value: State, states: State[]): string {
  const { level, colour } = shown(value, field);
  if (level) return `lv-${level}`;
  return colour ? "calm" : `line-${(states.indexOf(value) % 8) + 1}`;
}

const SAID = 4;

function inWords(field: Field, runs: Run[]): string {
  const latest = runs.slice(-SAID).map((run) => {
    const { text } = shown(run.value, field);
    return `${text} for ${duration(run.toS - run.fromS)}`;
  });
  return `${field.label}: ${latest.join(", then ") || "no values in this range"}`;
}
