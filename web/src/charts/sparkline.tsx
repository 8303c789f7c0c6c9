// A short history in a table cell: one thin line, a dot at now, fixed scale. Where data ended, the line ends.

interface SparklineProps {
  values: (number | null)[];
  width?: number;
  height?: number;
  max?: number; // fixed top of the scale; else the largest value
  dim?: boolean;
}

export function Sparkline({ values, width = 64, height = 18, max, dim = false }: SparklineProps) {
  const top = max ?? largest(values);
  const step = (width - 3) / Math.max(1, values.length - 1);
  const scale = (height - 3) / top;
  const y = (value: number) => tenths(height - 1.5 - Math.min(value, top) * scale);
  const last = values[values.length - 1];
  return (
    <svg
      class={dim ? "spark dim" : "spark"}
      width={width}
      height={height}
      viewBox={`0 0 ${width} ${height}`}
      aria-hidden="true"
    >
      <path d={pathOf(values, step, y)} />
      {!dim && typeof last === "number" && (
        <circle cx={tenths((values.length - 1) * step)} cy={y(last)} r="1.6" />
      )}
    </svg>
  );
}

function largest(values: (number | null)[]): number {
  let top = 1e-9;
  for (const value of values) if (value !== null && value > top) top = value;
  return top;
}

/** A tenth of a pixel is finer than any screen; toFixed would be the dearest part of a row. */
const tenths = (value: number): number => Math.round(value * 10) / 10;

function pathOf(values: (number | null)[], step: number, y: (value: number) => number): string {
  let path = "";
  let pen = false;
  for (let index = 0; index < values.length; index += 1) {
    const value = values[index];
    if (typeof value !== "number") {
      pen = false;
      continue;
    }
    path += `${pen ? "L" : "M"}${tenths(index * step)} ${y(value)}`;
    pen = true;
  }
  return path;
}
