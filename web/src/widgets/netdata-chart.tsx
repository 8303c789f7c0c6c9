// A chart of a Netdata node: one context, a line for each dimension, asked of its agent.

import { useRef } from "preact/hooks";
import { dataPath } from "../api/netdata";
import type { ChartSpec } from "../charts/chart";
import { netdataFrame } from "../charts/netdata";
import type { GapText } from "../charts/timeseries";
import { netdataFeed } from "../state/netdata-feed";
import { edges } from "../state/range";
import { ChartView } from "./chart-card";
import { useFeed } from "./use-feed";

interface NetdataChartProps {
  spec: ChartSpec;
  node: string;
  gapText: GapText | null;
}

export function NetdataChart({ spec, node, gapText }: NetdataChartProps) {
  const host = useRef<HTMLElement>(null);
  const fed = useFeed(host, spec.id + node, netdataFeed, (width) => ({
    node,
    context: spec.id,
    width,
    frame: (data) => netdataFrame(spec.id, data),
  }));
  const query = () => queryText(spec.id, node);
  return <ChartView {...{ host, spec, fed, gapText, query }} threshold={null} />;
}

const POINTS = 600;

/** The same question for the HTTP API, with the range on screen. */
function queryText(context: string, node: string): string {
  const { fromMs, toMs } = edges();
  const range = { after: Math.floor(fromMs / 1000), before: Math.ceil(toMs / 1000) };
  return `/api/v1${dataPath(node, { context, ...range, points: POINTS })}`;
}
