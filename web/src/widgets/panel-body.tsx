// What a panel shows, by its kind.

import { useEffect, useMemo } from "preact/hooks";
import type { NodeView, Panel, PanelAnswer } from "../api/types";
import { type Field, fieldsOf } from "../charts/fields";
import { isEditing, isPublic } from "../state/board";
import type { Choices } from "../state/board-layout";
import { withValues } from "../state/board-layout";
import { nodes } from "../state/nodes";
import type { PanelFeed } from "../state/panel-feed";
import { tellFieldNames } from "../state/panel-names";
import { Markdown } from "./markdown";
import { PanelBars, PanelGauge } from "./panel-bars";
import { PanelHeatMap, PanelHistogram } from "./panel-histogram";
import { PanelSeries } from "./panel-series";
import { PanelStat } from "./panel-stat";
import { PanelTable } from "./panel-table";
import { PanelTimeline } from "./panel-timeline";
import { useMarks } from "./use-marks";

interface PanelBodyProps {
  panel: Panel;
  feed: PanelFeed;
  title: string;
  choices: Choices;
  asTable: boolean;
}

/** By which an override may find its field: as a legend shows it, or as the head of a table. */
function namesOf({ kind }: Panel, { answers }: PanelAnswer): string[] {
  const columns = answers.flatMap((each) => each.series.flatMap((series) => series.columns));
  const [labels, names] = [columns.map(({ label }) => label), columns.map(({ name }) => name)];
  const tags = answers.flatMap((each) => each.series.flatMap((series) => Object.keys(series.tags)));
  const found = kind === "table" ? [...names, ...tags] : [...labels, ...names];
  return [...new Set(found)].filter(Boolean).slice(0, MOST_NAMES);
}

const MOST_NAMES = 200;
const NO_FIELDS: Field[] = [];
const hasValues = (field: Field): boolean => field.values.some((value) => value !== null);

export function PanelBody({ panel, feed, title, choices, asTable }: PanelBodyProps) {
  const { answer, fromS, toS } = feed;
  const fields = useMemo(() => (answer ? fieldsOf(panel, answer.answers) : NO_FIELDS), [panel, answer]);
  useEffect(() => {
    if (isEditing.peek() && answer) tellFieldNames(panel.id, namesOf(panel, answer));
  }, [panel.id, answer]);
  const marks = useMarks(panel.kind === "timeseries" ? nodeOf(fields, choices) : null);
  if (panel.kind === "text") return <Markdown text={withValues(panel.options.text, choices)} />;
  const some = fields.some((field) => !field.hidden && hasValues(field));
  if (!some) return <Nothing panel={panel} />;
  const over = { fromS, toS };
  if (asTable) return <PanelTable panel={panel} fields={fields} title={title} />;
  switch (panel.kind) {
    case "timeseries":
      return <PanelSeries panel={panel} fields={fields} title={title} marks={marks} {...over} />;
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

/** The one node whose values a panel shows: by the tags of its series, else by the choice of a host. */
function nodeOf(fields: Field[], choices: Choices): NodeView | null {
  if (isPublic.value) return null;
  const tagged = fields.every((field) => field.tags.host);
  const hosts = fields.length && tagged ? fields.map((field) => field.tags.host) : (choices.host ?? []);
  const [host, ...others] = new Set(hosts);
  if (!host || others.length) return null;
  return [...nodes.value.values()].find((node) => node.name === host) ?? null;
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
