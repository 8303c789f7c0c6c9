// A line as a QR code: one path of dark squares on white in both themes, since readers want it so.

import { useMemo } from "preact/hooks";
import { qrCode } from "../format/qr";

const MARGIN = 4; // modules of white around it

export function Qr({ text, label }: { text: string; label: string }) {
  const { path, size } = useMemo(() => drawn(text), [text]);
  return (
    <svg
      class="qr"
      viewBox={`0 0 ${size} ${size}`}
      role="img"
      aria-label={label}
      shape-rendering="crispEdges"
    >
      <rect width={size} height={size} />
      <path d={path} />
    </svg>
  );
}

/** Each run of dark modules in a row is one stroke of the path. */
export function drawn(text: string): { path: string; size: number } {
  const rows = qrCode(text).map((row) => row.map((dark) => (dark ? "1" : "0")).join(""));
  const runs = rows.flatMap((row, y) =>
    [...row.matchAll(/1+/g)].map(
      (run) => `M${run.index + MARGIN} ${y + MARGIN}h${run[0].length}v1h-${run[0].length}z`,
    ),
  );
  return { path: runs.join(""), size: rows.length + 2 * MARGIN };
}
