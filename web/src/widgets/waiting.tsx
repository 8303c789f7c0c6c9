// The wait for the next machine of a token, and what to do when none comes within a minute.

import type { ClaimedView } from "../api/types";
import { duration, toMs } from "../format/times";
import { grouped } from "../format/units";
import { choices, isNetdataEnvironment } from "../state/choices";
import { now } from "../state/clock";
import { known, made } from "../state/joining";
import { Command } from "./help";

const HELP_AFTER_S = 60;

interface WaitingProps {
  claimed: ClaimedView[];
  left: number;
  asking: number; // that wait for an admin
}

export function Waiting({ claimed, left, asking }: WaitingProps) {
  const last = claimed.reduce((latest, each) => Math.max(latest, toMs(each.claimed_ns)), 0);
  const start = Math.max(last, made.value?.madeMs ?? toMs(known.value?.created_ns ?? 0));
  const waited = (now.value - start) / 1000;
  const more = claimed.length
    ? left === 1
      ? "one more machine"
      : `${grouped(left)} more machines`
    : "the machine";
  return (
    <section class="card">
      <header>
        <h2>Waiting for {more}</h2>
      </header>
      <div class="body">
        <ol class="steps">
          <li class="now">
            <span class="pulse" />
            <span>
              {asking ? "Nothing else" : "Nothing"} has knocked {claimed.length ? "since" : "yet"}
            </span>
            <time>for {duration(waited)}</time>
          </li>
          <li class="next">
            <span />
            <span>You can leave this page: the node appears in the list by itself.</span>
          </li>
        </ol>
        {waited > HELP_AFTER_S && <WaitHelp />}
      </div>
    </section>
  );
}

function WaitHelp() {
  if (isNetdataEnvironment(choices().environment)) return <NetdataWaitHelp />;
  return (
    <div class="wait-help">
      <h3>Run it and nothing happens?</h3>
      <ol class="advice">
        <li>
          The machine prints one line per step; the last line names what failed. “Cannot connect” means that
          the port for joining can't be reached from there.
        </li>
        <li>
          This walks every step and names the remedy:
          <Command text="muster doctor" />
        </li>
        <li>Behind a proxy: name it under “More limits, labels, proxy” and make the line once more.</li>
      </ol>
    </div>
  );
}

const NetdataWaitHelp = () => (
  <div class="wait-help">
    <h3>Run it and nothing happens?</h3>
    <ol class="advice">
      <li>
        The agent says what it made of the claim: token, address, trust.
        <Command text="netdatacli aclk-state" />
      </li>
      <li>“ACLK Available: No” means a package without the cloud link, as distributions build it.</li>
      <li>
        A certificate that does not verify: run the first step once more, then
        <Command text="netdatacli reload-claiming-state" />
      </li>
    </ol>
  </div>
);
