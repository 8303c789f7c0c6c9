// What is being done about backups, what could not be done, where they lie and when the next is planned.

import type { BackupFailure, BackupRun, BackupsView } from "../api/types";
import { sentence } from "../format/states";
import { duration, exactly, since, toMs } from "../format/times";
import { withUnit } from "../format/units";
import { now } from "../state/clock";
import { CliLine } from "./cli-line";
import { Meter } from "./controls";
import { Mark } from "./icon";

export function BackupUnderWay({ run }: { run: BackupRun }) {
  const part = run.total_bytes ? (100 * run.done_bytes) / run.total_bytes : 0;
  return (
    <section class="card" aria-labelledby="running-h">
      <header>
        <h2 id="running-h">{run.deed === "create" ? "Being made" : "Being verified"}</h2>
        <span class="dim mono">{run.name}</span>
      </header>
      <div class="body">
        <div class="follow" role="status">
          <span>
            {sentence(run.text || "begun")}
            {run.done_bytes > 0 &&
              ` ${withUnit("bytes", run.done_bytes)} of ${withUnit("bytes", run.total_bytes)}.`}
          </span>
          {run.done_bytes > 0 && <Meter value={part} heat="acc" />}
        </div>
      </div>
    </section>
  );
}

export const BackupFailed = ({ failed }: { failed: BackupFailure }) => (
  <p class="note state-offline" role="alert">
    <Mark name="crit" />
    <span>
      <b>{failed.deed === "create" ? "No backup was made" : `${failed.name} could not be verified`}</b>,{" "}
      {since(toMs(failed.time_ns), now.value)}: {sentence(failed.text)} Nothing was left behind.
    </span>
  </p>
);

export function BackupPlan({ view }: { view: BackupsView }) {
  return (
    <section class="card" aria-labelledby="plan-h">
      <header>
        <h2 id="plan-h">Folder and plan</h2>
      </header>
      <div class="body stackv">
        <dl class="kv wide">
          <dt>Folder</dt>
          <dd class="wrap mono">{view.folder}</dd>
          <dt>Free on its disk</dt>
          <dd>{withUnit("bytes", view.free_bytes)}</dd>
          <dt>Planned</dt>
          <dd class="wrap">
            {view.every_s
              ? `every ${duration(view.every_s)}, the newest ${view.keep} stay`
              : "none; the hub makes no backup by itself"}
          </dd>
          {view.next_ns > 0 && [
            <dt key="next">Next</dt>,
            <dd key="next." title={exactly(toMs(view.next_ns))}>
              {toMs(view.next_ns) > now.value ? since(toMs(view.next_ns), now.value) : "in a moment"}
            </dd>,
          ]}
        </dl>
        {!view.every_s && <CliLine text={'[backup]\nevery = "1d"\nkeep = 7'} title="To plan: in hub.toml" />}
        <CliLine text="muster backup create" />
      </div>
      <div class="acts2">
        <p>
          A backup holds the keys of the authority: whoever has it is this hub. So none can be fetched through
          the browser. Keep a copy on another machine.
        </p>
      </div>
    </section>
  );
}
