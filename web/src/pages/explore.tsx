// Explore: InfluxQL or PromQL written by hand, answered as a chart and a table. What was run stands in the address.

import { useSignal } from "@preact/signals";
import { useEffect, useMemo, useRef } from "preact/hooks";
import type { Language } from "../api/types";
import { fieldsOf } from "../charts/fields";
import { sentence } from "../format/states";
import { plural } from "../format/units";
import { dialectOf, LANGUAGES } from "../state/dialects";
import { explore, explored, PLAIN, stopExploring, type Written } from "../state/explore";
import { param, setParams } from "../state/location";
import { range } from "../state/range";
import { spaceId, spaceName } from "../state/session";
import { Button, Segments } from "../widgets/controls";
import { DatabasePick, ExploreMenu } from "../widgets/explore-tools";
import { Mark } from "../widgets/icon";
import { PanelSeries } from "../widgets/panel-series";
import { PanelTable } from "../widgets/panel-table";
import { QueryEditor } from "../widgets/query-editor";
import { Shell } from "../widgets/shell";
import { Empty, useWaiting } from "../widgets/states";
import "../styles/boards.css";

const FIRST: Record<Language, string> = {
  influxql: `SELECT 100 - mean("usage_idle") FROM "cpu" WHERE "cpu" = 'cpu-total' AND $timeFilter GROUP BY time($__interval), "host" fill(null)`,
  promql: '100 - avg by (host) (cpu_usage_idle{cpu="cpu-total"})',
};
const WIDTH_PX = 1_000;
const WHEN = [
  ["range", "Over time"],
  ["end", "Latest"],
] as const;
const VIEWS = [
  ["both", "Chart and table"],
  ["chart", "Chart"],
  ["table", "Table"],
] as const;

/** What stands in the address. */
function asked(): Written {
  const language = param("lang") === "promql" ? "promql" : "influxql";
  return { text: param("q"), language, database: param("db"), latest: param("at") === "end" };
}

export function ExplorePage() {
  const now = asked();
  const { language, database } = now;
  const text = useSignal(now.text || FIRST[language]);
  const over = JSON.stringify(range.value);
  const host = useRef<HTMLDivElement>(null);
  const ask = () => explore(asked(), host.current?.clientWidth || WIDTH_PX);
  useEffect(() => {
    if (now.text) text.value = now.text;
    ask();
  }, [JSON.stringify(now), over, spaceId.value]);
  useEffect(() => stopExploring, []);
  const run = () => {
    const wanted = text.value.trim();
    if (wanted === now.text) ask();
    else setParams({ q: wanted });
  };
  /** What was written in one language is no query in the other. */
  const speak = (next: Language) => {
    text.value = FIRST[next];
    setParams({ lang: next === "promql" ? next : "", q: "", at: "" });
  };
  return (
    <Shell title="Explore" crumbs={[{ text: spaceName.value, href: "/nodes" }, { text: "Explore" }]} ranged>
      <div class="explore" ref={host}>
        <h1 class="vh">Explore</h1>
        <section class="card ask" aria-label="Query">
          <header>
            <Segments label="Language" value={language} options={LANGUAGES} onChange={speak} />
            {language === "promql" && (
              <Segments
                label="When"
                value={now.latest ? "end" : "range"}
                options={WHEN}
                onChange={(at) => setParams({ at: at === "end" ? at : "" })}
              />
            )}
            <DatabasePick value={database} all={language === "promql"} />
            <ExploreMenu asked={now} />
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
            dialect={dialectOf(language, database)}
            onValue={(value) => {
              text.value = value;
            }}
            onRun={run}
          />
          <p class="dim">
            {language === "promql"
              ? "$__rate_interval is a span that fits rate(), $__interval the step, $__range the range above. "
              : "$timeFilter is the range above, $__interval a fitting piece of it. "}
            <span class="by-key">
              <kbd>Tab</kbd> takes a completion, <kbd>Ctrl Space</kbd> asks for one.
            </span>
          </p>
        </section>
        <Answer asked={now.text} />
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
  const drawable = fields.some((field) => field.times.length > 1);
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
  return <p class="card panel-note explored-wait">{words ? `Asking, ${seconds} s so far` : ""}</p>;
}
