// What a panel shows, by its kind.

import { useMemo } from "preact/hooks";
import type { Panel } from "../api/types";
import { type Field, fieldsOf } from "../charts/fields";
import type { Choices } from "../state/board-layout";
import { withValues } from "../state/board-layout";
import type { PanelFeed } from "../state/panel-feed";
import { Markdown } from "./markdown";
import { PanelBars, PanelGauge } from "./panel-bars";
import { PanelHeatMap, PanelHistogram } from "./panel-histogram";
import { PanelSeries } from "./panel-series";
import { PanelStat } from "./panel-stat";
import { PanelTable } from "./panel-table";
import { PanelTimeline } from "./panel-timeline";

interface PanelBodyProps {
  panel: Panel;
  feed: PanelFeed;
  title: string;
  choices: Choices;
  asTable: boolean;
}

const NO_FIELDS: Field[] = [];
const hasValues = (field: Field): boolean => field.values.some((value) => value !== null);

export function PanelBody({ panel, feed, title, choices, asTable }: PanelBodyProps) {
  const { answer, fromS, toS } = feed;
  const fields = useMemo(() => (answer ? fieldsOf(panel, answer.answers) : NO_FIELDS), [panel, answer]);
  if (panel.kind === "text") return <Markdown text={withValues(panel.options.text, choices)} />;
  const some = fields.some((field) => !field.hidden && hasValues(field));
  if (!some) return <Nothing panel={panel} />;
  const over = { fromS, toS };
  if (asTable) return <PanelTable panel={panel} fields={fields} title={title} />;
  switch (panel.kind) {
    case "timeseries":
      return <PanelSeries panel={panel} fields={fields} title={title} {...over} />;
    case "stat":
      return <PanelStat panel={panel} fields={fields} />;
    case "gauge":
      return <PanelGauge panel={panel} fields={fields} />;
    case "bar":
      return <PanelBars panel={panel} fields={fields} />;
    case "table":
      return <PanelTable panel={panel} fields={fields} title={title} />;
    case "histogram":
      return <PanelHistogram panel={panel} fields={fields} />;
    case "timeline":
      return <PanelTimeline panel={panel} fields={fields} {...over} />;
    case "heatmap":
      return <PanelHeatMap panel={panel} fields={fields} title={title} {...over} />;
  }
}

/** A tile says it in a word, larger panels in a sentence. */
function Nothing({ panel }: { panel: Panel }) {
  if (panel.kind === "stat" || panel.kind === "gauge")
    return (
      <div class="stats one">
        <div class="stat">
          <p class="value none">
            <b>{panel.options.empty || "none"}</b>
          </p>
        </div>
      </div>
    );
  return <p class="panel-note">{panel.options.empty || "No values in this range."}</p>;
}
