// systemd units as they are now: how many in which state, the failed ones by name, all of them on request.

import { useComputed, useSignal, useSignalEffect } from "@preact/signals";
import { api } from "../api/client";
import type { Frame, Question } from "../api/types";
import { tagOf } from "../charts/chart";
import { grouped, plural } from "../format/units";
import { now } from "../state/clock";
import { edges, range } from "../state/range";
import { Badge, Mark, type MarkName } from "./icon";

interface UnitState {
  name: string;
  active: string;
  sub: string;
}

const EVERY_S = 10;
const LOOK_BACK_MS = 120_000; // units are read every 10 s at most; two minutes bridge a short gap

const ask = (node: string): Question => ({
  select: { measurement: "systemd_units", fields: ["active_code"], nodes: [node] },
  function: "last",
  step_ns: EVERY_S * 1e9,
  limit: 5_000,
});

/** The newest state of each unit: a state's change makes a new series, and the last one written counts. */
export function unitsOf(frame: Frame): UnitState[] {
  const found = new Map<string, UnitState & { row: number }>();
  frame.series.forEach((series, column) => {
    const row = (frame.values[column] ?? []).findLastIndex((value) => value !== null);
    if (row < 0) return;
    const name = tagOf(series, "name");
    const before = found.get(name);
    if (!before || row >= before.row)
      found.set(name, { name, active: tagOf(series, "active"), sub: tagOf(series, "sub"), row });
  });
  return [...found.values()].sort((a, b) => a.name.localeCompare(b.name));
}

const MARK: Record<string, MarkName> = {
  active: "ok",
  failed: "crit",
  activating: "pending",
  reloading: "pending",
};

export function UnitsPanel({ node }: { node: string }) {
  const units = useSignal<UnitState[] | null>(null);
  const error = useSignal("");
  const all = useSignal(false);
  const tick = useComputed(() => (range.value.live ? Math.floor(now.value / (EVERY_S * 1000)) : 0));
  useSignalEffect(() => {
    const to = tick.value ? (tick.value + 1) * EVERY_S * 1000 : edges().toMs;
    api
      .query({ ...ask(node), start_ns: Math.round(to - LOOK_BACK_MS) * 1e6, end_ns: Math.round(to) * 1e6 })
      .then(
        (frame) => {
          units.value = unitsOf(frame);
          error.value = "";
        },
        (failure: unknown) => {
          error.value = failure instanceof Error ? failure.message : String(failure);
        },
      );
  });
  if (error.value && !units.value)
    return <p class="card units soft">Units could not be read: {error.value}.</p>;
  if (!units.value) return null;
  const failed = units.value.filter((unit) => unit.active === "failed");
  return (
    <section class="card strip units" aria-label="systemd units">
      <div class="sum">
        <b>{plural(units.value.length, "unit")}</b>
        <span class="soft">{countsText(units.value)}</span>
      </div>
      <ul>
        {failed.map((unit) => (
          <UnitLine key={unit.name} unit={unit} />
        ))}
        {!failed.length && <li class="quiet">No unit has failed.</li>}
        {all.value &&
          units.value
            .filter((unit) => unit.active !== "failed")
            .map((unit) => <UnitLine key={unit.name} unit={unit} />)}
        <li class="quiet">
          <button
            type="button"
            class="btn small quiet"
            aria-expanded={all.value}
            onClick={() => (all.value = !all.value)}
          >
            {all.value ? "Only failed units" : `All ${grouped(units.value.length)} units`}
          </button>
        </li>
      </ul>
    </section>
  );
}

const UnitLine = ({ unit }: { unit: UnitState }) => (
  <li>
    {unit.active === "failed" ? (
      <Badge name="crit">failed</Badge>
    ) : (
      <span class="badge soft">
        <Mark name={MARK[unit.active] ?? "revoked"} />
        {unit.active}
      </span>
    )}
    <b>{unit.name}</b>
    <p>{unit.sub}</p>
  </li>
);

function countsText(units: UnitState[]): string {
  const counts = new Map<string, number>();
  for (const unit of units) counts.set(unit.active, (counts.get(unit.active) ?? 0) + 1);
  return [...counts].map(([state, count]) => `${grouped(count)} ${state}`).join(", ");
}
