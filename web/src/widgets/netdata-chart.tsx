// A chart of a Netdata node: one context, a line for each dimension, asked of its agent.

import { useSignal } from "@preact/signals";
import { useRef } from "preact/hooks";
import { dataPath } from "../api/netdata";
import type { ChartSpec } from "../charts/chart";
import { netdataFrame } from "../charts/netdata";
import type { GapText } from "../charts/timeseries";
import { netdataFeed } from "../state/netdata-feed";
import { edges } from "../state/range";
import { ChartView } from "./chart-card";
import { Item } from "./menu";
import { useFeed } from "./use-feed";

interface NetdataChartProps {
  spec: ChartSpec;
  node: string;
  gapText: GapText | null;
}

export function NetdataChart({ spec, node, gapText }: NetdataChartProps) {
  const host = useRef<HTMLElement>(null);
  const each = useSignal(false);
  const instances = each.value;
  const fed = useFeed(host, `${spec.id} ${node} ${instances}`, netdataFeed, (width) => ({
    node,
    context: spec.id,
    instances,
    width,
    frame: (data) => netdataFrame(spec.id, data),
  }));
  const query = () => queryText(spec.id, node, instances);
  const more = (
    <Item icon="layers" onPick={() => (each.value = !instances)}>
      {instances ? "All instances as one" : "Each instance by itself"}
    </Item>
  );
  return <ChartView {...{ host, spec, fed, gapText, query, more }} threshold={null} />;
}

const POINTS = 600;

/** The same question for the HTTP API, with the range on screen. */
function queryText(context: string, node: string, instances: boolean): string {
  const { fromMs, toMs } = edges();
  const range = { after: Math.floor(fromMs / 1000), before: Math.ceil(toMs / 1000) };
  return `/api/v1${dataPath(node, { context, ...range, points: POINTS, instances })}`;
}
