// Whether every event is as it was written: asked now, with a hash noted elsewhere if there is one.

import { useState } from "preact/hooks";
import type { ChainReport } from "../api/types";
import { sentence } from "../format/states";
import { atSecond } from "../format/times";
import { grouped } from "../format/units";
import { readNoted, verified, verifyNow } from "../state/audit";
import { cli } from "./cli-line";
import { Button, CopyButton, Field } from "./controls";
import { Badge, Mark } from "./icon";

export function ChainCard() {
  const [noted, setNoted] = useState("");
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState("");
  const verify = async (event: SubmitEvent) => {
    event.preventDefault();
    const given = noted.trim() ? readNoted(noted) : undefined;
    if (given === null) {
      setError("A noted event is its number and its hash: 1204:9f2c… with 64 digits of 0-9 and a-f.");
      return;
    }
    setBusy(true);
    setError("");
    try {
      await verifyNow(given);
    } catch (failure) {
      setError(sentence(failure instanceof Error ? failure.message : String(failure)));
    }
    setBusy(false);
  };
  const known = verified.value;
  return (
    <section class="card" aria-labelledby="chain-h">
      <header>
        <h2 id="chain-h">Chain of hashes</h2>
        {known ? (
          <Badge name={known.report.ok ? "ok" : "crit"} solid>
            {known.report.ok ? "Whole" : `Broken at event ${known.report.fault?.event}`}
          </Badge>
        ) : (
          <span class="dim">not verified on this page yet</span>
        )}
      </header>
      <form class="body chain" onSubmit={verify} noValidate>
        <div class="stackv">
          <p class="soft" role="status">
            {known ? (
              <Report report={known.report} at={atSecond(known.atMs)} />
            ) : (
              "Each event holds a hash over its words and the hash before it, so that nothing can be altered, taken out or put in between unseen."
            )}
          </p>
          {known && <Newest report={known.report} />}
        </div>
        <div class="stackv">
          <Field
            label="A hash noted elsewhere"
            hint="Optional. Without one, who can write the hub's folder could have made the whole log anew."
            error={error}
            input={{
              value: noted,
              placeholder: "1204:9f2c…",
              class: "mono",
              autocomplete: "off",
              spellcheck: false,
              maxLength: 120,
              onInput: (event) => setNoted(event.currentTarget.value),
            }}
          />
          <div class="chips">
            <Button kind="primary" type="submit" disabled={busy}>
              {busy ? "Verifying" : "Verify now"}
            </Button>
            <code class="soft">
              {cli("muster", "audit", "verify", noted.trim() ? ["--noted", noted.trim()] : [])}
            </code>
          </div>
        </div>
      </form>
    </section>
  );
}

const counted = ({ events }: ChainReport): string =>
  events === 1 ? "1 event is" : `${grouped(events)} events are`;

function Report({ report, at }: { report: ChainReport; at: string }) {
  const begins = report.begins.id
    ? ` The ones up to ${report.begins.id} were forgotten by age, as an event says.`
    : "";
  if (report.ok)
    return (
      <>
        Verified at {at}: {counted(report)} as written.{begins}
      </>
    );
  return (
    <span class="bad-text">
      <Mark name="crit" />
      <span>
        Verified at {at}: {counted(report)} as written, then event {report.fault?.event} is{" "}
        {report.fault?.what}: {report.fault?.text}.
      </span>
    </span>
  );
}

/** To be noted where this hub cannot write. */
const Newest = ({ report }: { report: ChainReport }) => {
  const text = `${report.newest.id}:${report.newest.hash}`;
  return (
    <div class="cli">
      <small>Note this where the hub can't write, and give it here later</small>
      <code>{text}</code>
      <CopyButton text={text} />
    </div>
  );
};
