// Panels of distributions: how often values were in each range, over the whole time or per piece of it.

import { useMemo } from "preact/hooks";
import type { Panel } from "../api/types";
import { type Buckets, edgesOf, type HeatMap, heatMapOf, histogramOf } from "../charts/buckets";
import { type Field, isNumeric } from "../charts/fields";
import { aligned } from "../charts/panel-lines";
import { numberText, quantityScale, quantityText } from "../format/quantities";
import { grouped, plural } from "../format/units";
import { TimeSpace, TimeTicks } from "./time-ticks";

interface PanelHistogramProps {
  panel: Panel;
  fields: Field[];
}

const PARTS = { histogram: 24, heatmap: 12 };
const MOST_PARTS = 200;

/** How many ranges: as the dashboard says, or as their size makes it. */
function partsOf(panel: Panel, values: (number | null)[], usual: number): number {
  const { buckets, bucket_size: size } = panel.options;
  if (!size) return buckets || usual;
  const edges = edgesOf(values, 1);
  const span = (edges.at(-1) ?? 0) - (edges[0] ?? 0);
  return Math.min(MOST_PARTS, Math.max(1, Math.ceil(span / size)));
}

const wantedOf = (fields: Field[]): Field[] => fields.filter((field) => !field.hidden && isNumeric(field));

export function PanelHistogram({ panel, fields }: PanelHistogramProps) {
  const wanted = wantedOf(fields);
  const buckets = useMemo(() => {
    const values = aligned(wanted).columns.flat();
    return histogramOf(values, partsOf(panel, values, PARTS.histogram));
  }, [panel, fields]);
  const unit = wanted[0]?.unit ?? panel.unit;
  const most = Math.max(1, ...buckets.counts);
  return (
    <div class="histogram">
      <span class="most">{grouped(most)}</span>
      <ol aria-label={`${plural(buckets.counts.length, "range")} of values`}>
        {buckets.counts.map((count, at) => (
          <li
            key={buckets.edges[at]}
            title={rangeText(unit, buckets, at, count)}
            style={{ "--v": ((count / most) * 100).toFixed(1) }}
          >
            <span class="vh">{rangeText(unit, buckets, at, count)}</span>
          </li>
        ))}
      </ol>
      <Edges unit={unit} edges={buckets.edges} />
    </div>
  );
}

function rangeText(unit: string, { edges }: Pick<Buckets, "edges">, at: number, count: number): string {
  return `${quantityText(unit, edges[at] ?? null)} to ${quantityText(unit, edges[at + 1] ?? null)}: ${plural(count, "value")}`;
}

/** First, middle and last edge, in one scale. */
function Edges({ unit, edges }: { unit: string; edges: number[] }) {
  const scale = quantityScale(unit, edges.at(-1) ?? 0);
  const seen = [edges[0], edges[(edges.length - 1) >> 1], edges.at(-1)];
  return (
    <p class="edges" aria-hidden="true">
      {seen.map((edge, at) => (
        <span key={at}>
          {edge === undefined ? "" : numberText(edge / scale.divisor, null)}
          {at === 2 && ` ${scale.label}`}
        </span>
      ))}
    </p>
  );
}

interface PanelHeatMapProps extends PanelHistogramProps {
  fromS: number;
  toS: number;
  title: string;
}

const PIECES = 60;
const DEPTHS = 5; // shades: more cannot be told apart

export function PanelHeatMap({ panel, fields, fromS, toS, title }: PanelHeatMapProps) {
  const wanted = wantedOf(fields);
  const map = useMemo(() => {
    const { times, columns } = aligned(wanted);
    // Whole steps of the query per piece: else every so manieth piece would have a row more than the others.
    const step = Math.max(1e-3, ...wanted.map((field) => field.stepS));
    const piece = step * Math.max(1, Math.ceil((toS - fromS) / PIECES / step));
    const pieces = Math.max(1, Math.ceil((toS - fromS) / piece - 1e-6));
    const parts = partsOf(panel, columns.flat(), PARTS.heatmap);
    return heatMapOf(times, columns, fromS, fromS + pieces * piece, pieces, parts);
  }, [panel, fields, fromS, toS]);
  const unit = wanted[0]?.unit ?? panel.unit;
  const rows = map.edges.length - 1;
  const seen = ((toS - fromS) / map.stepS).toFixed(4); // the last piece may reach beyond the range
  return (
    <div class="heatmap">
      <div class="heat-edges" aria-hidden="true">
        <span>{quantityText(unit, map.edges.at(-1) ?? null)}</span>
        <span>{quantityText(unit, map.edges[0] ?? null)}</span>
      </div>
      <TimeSpace
        fromS={fromS}
        toS={toS}
        label={`${title}: how often values lay between ${quantityText(unit, map.edges[0] ?? null)} and ${quantityText(unit, map.edges.at(-1) ?? null)}`}
      >
        <svg viewBox={`0 0 ${seen} ${Math.max(1, rows)}`} preserveAspectRatio="none" aria-hidden="true">
          {depthsOf(map).map(
            (path, depth) => path && <path key={depth} class={`depth-${depth + 1}`} d={path} />,
          )}
        </svg>
      </TimeSpace>
      <TimeTicks fromS={fromS} toS={toS} />
    </div>
  );
}

/** One path for each shade. */
function depthsOf(map: HeatMap): string[] {
  const paths = Array<string>(DEPTHS).fill("");
  const rows = map.edges.length - 1;
  map.columns.forEach((column, x) => {
    column.forEach((count, bucket) => {
      if (!count) return;
      const depth = Math.min(DEPTHS - 1, Math.floor((count / map.most) * DEPTHS - 1e-9));
      paths[depth] += `M${x} ${rows - 1 - bucket}h1v1h-1z`;
    });
  });
  return paths;
}
