// The units of panels: what a dashboard names, as numbers people read. Source: docs/formats/dashboard.md

import { digits, type Scale, scaleFor } from "./units";

/** A value in words: "86" and "d", so that the unit can be smaller. */
export interface Quantity {
  text: string;
  unit: string;
}

const SPANS: [unit: string, seconds: number][] = [
  ["d", 86_400],
  ["h", 3600],
  ["min", 60],
  ["s", 1],
  ["ms", 1e-3],
  ["µs", 1e-6],
  ["ns", 1e-9],
];
const IN_SECONDS: Record<string, number> = { s: 1, ms: 1e-3, us: 1e-6, ns: 1e-9 };
const SI = ["", "k", "M", "G", "T", "P"];
const PLAIN: Record<string, string> = {
  percent: "%",
  ratio: "%",
  celsius: "°C",
  volt: "V",
  watt: "W",
  rpm: "rpm",
};

export const UNITS = [
  "short",
  "percent",
  "ratio",
  "bytes",
  "bytes/s",
  "bits/s",
  "s",
  "ms",
  "us",
  "ns",
  "hertz",
  "celsius",
  "volt",
  "watt",
  "rpm",
];

/** The scale in which numbers up to `largest` are written on one axis. */
export function quantityScale(unit: string, largest: number): Scale {
  const size = Math.abs(largest);
  const seconds = IN_SECONDS[unit];
  if (seconds !== undefined) {
    const [label, length] = SPANS.find(([, least]) => size * seconds >= least) ?? ["s", 1];
    return size ? { divisor: length / seconds, label } : { divisor: 1, label: unit === "us" ? "µs" : unit };
  }
  switch (unit) {
    case "bytes":
      return scaleFor("bytes", size);
    case "bytes/s":
      return scaleFor("bytes_s", size);
    case "bits/s":
    case "hertz":
    case "watt":
      return si(size, { "bits/s": "bit/s", hertz: "Hz", watt: "W" }[unit]);
    case "ratio":
      return { divisor: 0.01, label: "%" };
    case "short":
    case "":
      return size < 10_000 ? { divisor: 1, label: "" } : si(size, "");
    default:
      return { divisor: 1, label: PLAIN[unit] ?? unit };
  }
}

function si(size: number, label: string): Scale {
  let step = 0;
  for (let rest = size; rest >= 1000 && step < SI.length - 1; rest /= 1000) step += 1;
  return { divisor: 1000 ** step, label: `${SI[step]}${label}` };
}

/** One value by itself, in its own best scale. Infinities and no value are a dash; a count (`whole`) has no decimals. */
export function quantity(
  unit: string,
  value: number | null,
  decimals: number | null = null,
  whole = false,
): Quantity {
  if (value === null || !Number.isFinite(value)) return { text: "–", unit: "" };
  const { divisor, label } = quantityScale(unit, value);
  if (whole && divisor === 1 && decimals === null) return { text: numberText(value, 0), unit: label };
  return { text: numberText(value / divisor, decimals), unit: label };
}

/** `decimals` are the most that are shown: trailing zeros say nothing. */
export function numberText(value: number, decimals: number | null): string {
  if (decimals === null) return digits(value);
  const fixed = value.toFixed(decimals);
  const [whole = "0", part = ""] = fixed.replace("-", "").split(".");
  const grouped = whole.length > 4 ? whole.replace(/\B(?=(\d{3})+$)/g, "\u202f") : whole;
  const sign = Number(fixed) < 0 ? "-" : "";
  return `${sign}${grouped}${part ? `.${part}` : ""}`;
}

export function quantityText(unit: string, value: number | null, decimals: number | null = null): string {
  const { text, unit: label } = quantity(unit, value, decimals);
  return label ? `${text}\u00a0${label}` : text;
}
