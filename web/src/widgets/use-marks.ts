// The marks of a node, for its charts.

import { useEffect, useMemo } from "preact/hooks";
import type { NodeView } from "../api/types";
import { type ChartMark, chartMarks, NO_MARKS } from "../charts/marks";
import { OWN_DIALECT } from "../format/dialects";
import { marksOf, readMarks } from "../state/marks";

/** Agents of other makes do not say when they began. */
export function useMarks(node: NodeView | null): readonly ChartMark[] {
  const own = node?.link.dialect === OWN_DIALECT ? node : null;
  useEffect(() => {
    if (own) void readMarks(own);
  }, [own?.id, own?.link.since_ns]);
  const views = own ? marksOf(own.id).value : null;
  return useMemo(() => (views ? chartMarks(views) : NO_MARKS), [views]);
}
