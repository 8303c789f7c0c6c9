// Explore: InfluxQL written by hand, answered as a chart and a table. What was run stands in the address.

import { useSignal } from "@preact/signals";
import { useEffect, useMemo, useRef } from "preact/hooks";
import { fieldsOf } from "../charts/fields";
import { sentence } from "../format/states";
import { plural } from "../format/units";
import { explore, explored, PLAIN, stopExploring } from "../state/explore";
import { param, setParams } from "../state/location";
import { range } from "../state/range";
import { schemaFor } from "../state/schema";
import { spaceId, spaceName } from "../state/session";
import { Button, Segments } from "../widgets/controls";
import { DatabasePick, ExploreMenu } from "../widgets/explore-tools";
import { Mark } from "../widgets/icon";
import { PanelSeries } from "../widgets/panel-series";
import { PanelTable } from "../widgets/panel-table";
import { QueryEditor } from "../widgets/query-editor";
import { Shell } from "../widgets/shell";
import { Empty, useWaiting } from "../widgets/states";

const FIRST =
  'SELECT mean("usage_idle") FROM "cpu" WHERE "cpu" = \'cpu-total\' AND $timeFilter GROUP BY time($__interval), "host" fill(null)';
const WIDTH_PX = 1_000;
const VIEWS = [
  ["both", "Chart and table"],
  ["chart", "Chart"],
  ["table", "Table"],
] as const;

export function ExplorePage() {
  const text = useSignal(param("q") || FIRST);
  const asked = param("q");
  const database = param("db");
  const over = JSON.stringify(range.value);
  const host = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (asked) text.value = asked;
    explore(asked, database, host.current?.clientWidth || WIDTH_PX);
  }, [asked, database, over, spaceId.value]);
  useEffect(() => stopExploring, []);
  const run = () => {
    const wanted = text.value.trim();
    if (wanted === asked) explore(asked, database, host.current?.clientWidth || WIDTH_PX);
    else setParams({ q: wanted });
  };
  return (
    <Shell title="Explore" crumbs={[{ text: spaceName.value, href: "/nodes" }, { text: "Explore" }]} ranged>
      <div class="explore" ref={host}>
        <h1 class="vh">Explore</h1>
        <section class="card ask" aria-label="Query">
          <header>
            <h2>InfluxQL</h2>
            <DatabasePick value={database} />
            <ExploreMenu asked={asked} database={database} />
            {explored.value.busy ? (
              <Button onClick={stopExploring}>Stop</Button>
            ) : (
              <Button kind="primary" icon="play" onClick={run}>
                Run <kbd>Ctrl Enter</kbd>
              </Button>
            )}
          </header>
          <QueryEditor
            label="Query"
            value={text.value}
            rows={4}
            schemaFor={schemaFor(database)}
            onValue={(value) => {
              text.value = value;
            }}
            onRun={run}
          />
          <p class="dim">
            $timeFilter is the range above, $__interval a fitting piece of it. <kbd>Tab</kbd> takes a
            completion, <kbd>Ctrl Space</kbd> asks for one.
          </p>
        </section>
        <Answer asked={asked} />
      </div>
    </Shell>
  );
}

function Answer({ asked }: { asked: string }) {
  const { answer, error, busy, fromS, toS, tookMs } = explored.value;
  const fields = useMemo(() => (answer ? fieldsOf(PLAIN, answer.answers) : []), [answer]);
  const reason = error || answer?.answers.find((each) => each.error)?.error || "";
  if (!asked)
    return (
      <div class="card">
        <Empty
          title="Ask something"
          text="The query above shows how busy each machine is. Run it, or write your own."
        />
      </div>
    );
  if (reason) return <Refused reason={reason} />;
  if (!answer) return busy ? <Waiting /> : null;
  const rows = fields.length ? Math.max(...fields.map((field) => field.values.length)) : 0;
  const view = VIEWS.find(([key]) => key === param("view"))?.[0] ?? "both";
  const drawable = fields.some((field) => field.times.length > 0);
  return (
    <section class={busy ? "card answer dimmed" : "card answer"} aria-label="Answer">
      <header>
        <p role="status">
          {plural(fields.length, "series", "series")}, up to {plural(rows, "row")}, {Math.round(tookMs)} ms
        </p>
        <Segments
          label="Shown as"
          value={view}
          options={VIEWS}
          onChange={(next) => setParams({ view: next === "both" ? "" : next }, true)}
        />
      </header>
      {answer.answers
        .flatMap((each) => each.messages)
        .map((message) => (
          <p key={message} class="note">
            <span>{sentence(message)}</span>
          </p>
        ))}
      {!fields.length && (
        <p class="panel-note">The query is answered, and there are no values in this range.</p>
      )}
      {drawable && view !== "table" && (
        <div class="explored-chart panel k-timeseries">
          <PanelSeries panel={PLAIN} fields={fields} fromS={fromS} toS={toS} title="Answer" />
        </div>
      )}
      {fields.length > 0 && (view !== "chart" || !drawable) && (
        <div class="explored-table">
          <PanelTable panel={PLAIN} fields={fields} title="Answer" />
        </div>
      )}
    </section>
  );
}

const Refused = ({ reason }: { reason: string }) => (
  <section class="card error" role="alert">
    <p class="bad-text">
      <Mark name="crit" />
      <span class="mono">{reason}</span>
    </p>
  </section>
);

function Waiting() {
  const { words, seconds } = useWaiting();
  return <p class="card panel-note">{words ? `Asking, ${seconds} s so far` : ""}</p>;
}
