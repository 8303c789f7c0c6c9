// Numbers and units, everywhere in the product: SI or IEC with a space, at most three significant digits.

export type Unit = "percent" | "bytes" | "bytes_s" | "per_s" | "count" | "ms" | "seconds" | "celsius";

const THIN = "\u202f"; // between groups of thousands
const SPACE = "\u00a0"; // between number and unit

/** How one unit is drawn at one size: divide by `divisor`, write `label`. */
export interface Scale {
  divisor: number;
  label: string;
}

const SI = ["", "k", "M", "G", "T", "P"];
const IEC = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];

function power(value: number, base: number, top: number): number {
  let step = 0;
  for (let rest = Math.abs(value); rest >= base && step < top; rest /= base) step += 1;
  return step;
}

/** The scale in which a value of this size reads best. */
export function scaleFor(unit: Unit, largest: number): Scale {
  switch (unit) {
    case "bytes": {
      const step = power(largest, 1024, IEC.length - 1);
      return { divisor: 1024 ** step, label: IEC[step] ?? "B" };
    }
    case "bytes_s": {
      const step = power(largest, 1000, SI.length - 1);
      return { divisor: 1000 ** step, label: `${SI[step]}B/s` };
    }
    case "per_s":
    case "count": {
      const step = largest < 10_000 ? 0 : power(largest, 1000, SI.length - 1);
      const tail = unit === "per_s" ? "/s" : "";
      return { divisor: 1000 ** step, label: `${SI[step]}${tail}` };
    }
    case "percent":
      return { divisor: 1, label: "%" };
    case "ms":
      return { divisor: 1, label: "ms" };
    case "seconds":
      return { divisor: 1, label: "s" };
    case "celsius":
      return { divisor: 1, label: "°C" };
  }
}

/** A number with three significant digits at most, its integer part never cut. */
export function digits(value: number, most = 3): string {
  if (!Number.isFinite(value)) return "–";
  const size = Math.abs(value);
  const whole = size < 1 ? 1 : Math.floor(Math.log10(size)) + 1;
  const places = Math.max(0, most - whole);
  const text = value.toFixed(places);
  if (size >= 1000) return grouped(Math.round(value));
  return Number(text) === 0 ? "0" : trimmed(text, most);
}

/** Trailing zeros go, but 8.0 beside 8.4 keeps its column: one place stays below ten. */
function trimmed(text: string, most: number): string {
  if (!text.includes(".")) return text;
  const short = text.replace(/0+$/, "").replace(/\.$/, "");
  const size = Math.abs(Number(text));
  if (most >= 2 && size >= 1 && size < 10 && !short.includes(".")) return `${short}.0`;
  return short;
}

export function grouped(value: number): string {
  return Math.round(value)
    .toString()
    .replace(/\B(?=(\d{3})+(?!\d))/g, THIN);
}

/** Value with unit, in its own best scale: 8.4 MB/s, 32 GiB, 96 %. */
export function withUnit(unit: Unit, value: number | null, most = 3): string {
  if (value === null || !Number.isFinite(value)) return "–";
  const scale = scaleFor(unit, value);
  const text = digits(value / scale.divisor, most);
  return scale.label ? `${text}${SPACE}${scale.label}` : text;
}

export function percent(value: number | null): string {
  return value === null ? "–" : `${Math.round(value)}${SPACE}%`;
}

export function plural(count: number, one: string, many = `${one}s`): string {
  return `${grouped(count)} ${count === 1 ? one : many}`;
}
