// A short history in a table cell: one thin line, a dot at now, fixed scale. Where data ended, the line ends.

interface SparklineProps {
  values: (number | null)[];
  width?: number;
  height?: number;
  max?: number; // fixed top of the scale; else the largest value
  dim?: boolean;
}

export function Sparkline({ values, width = 64, height = 18, max, dim = false }: SparklineProps) {
  const top = max ?? Math.max(1e-9, ...values.map((value) => value ?? 0));
  const x = (index: number) => (index / Math.max(1, values.length - 1)) * (width - 3);
  const y = (value: number) => height - 1.5 - (Math.min(value, top) / top) * (height - 3);
  const last = values[values.length - 1];
  return (
    <svg
      class={dim ? "spark dim" : "spark"}
      width={width}
      height={height}
      viewBox={`0 0 ${width} ${height}`}
      aria-hidden="true"
    >
      <path d={pathOf(values, x, y)} />
      {!dim && typeof last === "number" && <circle cx={x(values.length - 1)} cy={y(last)} r="1.6" />}
    </svg>
  );
}

function pathOf(
  values: (number | null)[],
  x: (index: number) => number,
  y: (value: number) => number,
): string {
  let path = "";
  let pen = false;
  values.forEach((value, index) => {
    if (value === null) {
      pen = false;
      return;
    }
    path += `${pen ? "L" : "M"}${x(index).toFixed(1)} ${y(value).toFixed(1)}`;
    pen = true;
  });
  return path;
}
