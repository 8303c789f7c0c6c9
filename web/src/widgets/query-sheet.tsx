// What a panel asks, as it is written and as it was run, with what it took.

import type { Panel, PanelQuery, QueryAnswer } from "../api/types";
import { sentence } from "../format/states";
import { plural } from "../format/units";
import { address } from "../routes";
import type { PanelFeed } from "../state/panel-feed";
import { range } from "../state/range";
import { CopyButton } from "./controls";
import { Dialog } from "./dialog";

interface QuerySheetProps {
  panel: Panel;
  title: string;
  feed: PanelFeed;
  onClose: () => void;
}

export function QuerySheet({ panel, title, feed, onClose }: QuerySheetProps) {
  const answers = feed.answer?.answers ?? [];
  return (
    <Dialog title={`What “${title}” asks`} wide onClose={onClose}>
      {panel.queries.map((query, at) => (
        <section key={at} class="stackv">
          <Text name={panel.queries.length > 1 ? `Query ${at + 1}` : "As it is written"} text={query.text} />
          {answers
            .filter((answer) => answer.query === at)
            .map((answer) => (
              <Run key={at} answer={answer} query={query} />
            ))}
        </section>
      ))}
      {feed.tookMs > 0 && <p>Answered in {Math.round(feed.tookMs)} ms.</p>}
      <div class="deeds">
        <button type="button" class="btn" onClick={onClose}>
          Close
        </button>
      </div>
    </Dialog>
  );
}

/** The same question there, over the same time; its range moves with the page again. */
function exploreAddress(text: string, { language, database, instant }: PanelQuery): string {
  const moving = text.replace(/time >= \d+ms and time <= \d+ms/gi, "$$timeFilter");
  const over = range.value;
  const params = over.live ? { range: over.name } : { from: String(over.fromMs), to: String(over.toMs) };
  return address("/explore", {
    q: moving,
    db: database,
    ...(language === "promql" && { lang: language }),
    ...(instant && { at: "end" }),
    ...params,
  });
}

const rowsOf = (answer: QueryAnswer): number =>
  answer.series.reduce((sum, series) => sum + (series.columns[0]?.values.length ?? 0), 0);

function Run({ answer, query }: { answer: QueryAnswer; query: PanelQuery }) {
  return (
    <>
      {answer.text && <Text name="As it was run" text={answer.text} />}
      {answer.error ? (
        <p class="bad-text">{sentence(answer.error)}</p>
      ) : (
        <p>
          {plural(answer.series.length, "series", "series")}, {plural(rowsOf(answer), "row")}.{" "}
          <a href={exploreAddress(answer.text, query)}>Open in Explore</a>
        </p>
      )}
    </>
  );
}

function Text({ name, text }: { name: string; text: string }) {
  return (
    <div>
      <small class="dim">{name}</small>
      <div class="code">
        <pre>{text}</pre>
        <CopyButton text={text} />
      </div>
    </div>
  );
}
