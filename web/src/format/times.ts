// Times and durations in the viewer's zone, or in that of a dashboard that names one: relative under a day, then the date;
// the exact one on hover.

export const NS_PER_MS = 1e6;
export const NS_PER_S = 1e9;
const DAY_S = 86_400;
const YEAR_S = 365.25 * DAY_S;

export const toMs = (ns: number): number => ns / NS_PER_MS;

let zone: string | undefined; // undefined: the viewer's own
let formats = formatsIn(zone);

function formatsIn(timeZone: string | undefined) {
  const make = (options: Intl.DateTimeFormatOptions) =>
    new Intl.DateTimeFormat("en-GB", timeZone ? { ...options, timeZone } : options);
  const [hour, minute, second] = ["2-digit", "2-digit", "2-digit"] as const;
  const [day, month, year] = ["numeric", "short", "numeric"] as const;
  return {
    clock: make({ hour, minute }),
    clockSeconds: make({ hour, minute, second }),
    dayMonth: make({ day, month }),
    dayMonthYear: make({ day, month, year }),
    monthYear: make({ month, year }),
    year: make({ year }),
    full: make({ weekday: "short", day, month, year, hour, minute, second, timeZoneName: "short" }),
    fields: make({ day: "2-digit", month: "2-digit", year, hour, minute, second }),
  };
}

/** From now on times are of this zone; "", or one that this browser does not know: the viewer's own. */
export function setZone(name: string): void {
  try {
    formats = formatsIn(name || undefined);
    zone = name || undefined;
  } catch {
    setZone("");
  }
}

/** The zone, when it is not the viewer's own. */
export const foreignZone = (): string | undefined =>
  zone === Intl.DateTimeFormat().resolvedOptions().timeZone ? undefined : zone;

export const atMinute = (ms: number): string => formats.clock.format(ms);
export const atSecond = (ms: number): string => formats.clockSeconds.format(ms);
export const onDay = (ms: number): string => formats.dayMonth.format(ms);
export const exactly = (ms: number): string => formats.full.format(ms);

/** 0 s, 46 s, 4 min, 3 h 12 min, 41 d 6 h. */
export function duration(seconds: number): string {
  const s = Math.max(0, Math.floor(seconds));
  if (s < 60) return `${s} s`;
  const min = Math.floor(s / 60);
  if (min < 60) return `${min} min`;
  const h = Math.floor(min / 60);
  if (h < 24) return min % 60 ? `${h} h ${min % 60} min` : `${h} h`;
  const d = Math.floor(h / 24);
  return h % 24 && d < 100 ? `${d} d ${h % 24} h` : `${d} d`;
}

/** The coarser form, for cells: 3 h, 41 d, 20 years. */
export function roughly(seconds: number): string {
  const s = Math.max(0, seconds);
  if (s < 60) return `${Math.floor(s)} s`;
  if (s < 3600) return `${Math.floor(s / 60)} min`;
  if (s < 2 * DAY_S) return `${Math.floor(s / 3600)} h`;
  if (s < 2 * YEAR_S) return `${Math.floor(s / DAY_S)} d`;
  return `${Math.round(s / YEAR_S)} years`;
}

/** Minutes and seconds of a countdown: 8 min 41 s. */
export function countdown(seconds: number): string {
  const s = Math.max(0, Math.floor(seconds));
  if (s < 60) return `${s} s`;
  if (s < 3600) return `${Math.floor(s / 60)} min ${s % 60} s`;
  return duration(s);
}

/** 18:01 today, else 8 Nov, 09:41, else with the year. */
export function since(ms: number, nowMs: number): string {
  if (sameDay(ms, nowMs)) return atMinute(ms);
  return `${dated(ms, nowMs)}, ${atMinute(ms)}`;
}

/** 18:22 today, else 21 Nov 18:22. */
export function moment(ms: number, nowMs: number): string {
  return sameDay(ms, nowMs) ? atMinute(ms) : `${dated(ms, nowMs)} ${atMinute(ms)}`;
}

export function dated(ms: number, nowMs: number): string {
  const sameYear = formats.year.format(ms) === formats.year.format(nowMs);
  return (sameYear ? formats.dayMonth : formats.dayMonthYear).format(ms);
}

const sameDay = (a: number, b: number): boolean =>
  formats.dayMonthYear.format(a) === formats.dayMonthYear.format(b);

/** Labels of a time axis: seconds, minutes, days or months, as coarse as the distance of its ticks. */
export function axisTime(ms: number, stepS: number): string {
  if (stepS < 60) return atSecond(ms);
  if (stepS > 60 * DAY_S) return formats.monthYear.format(ms);
  return stepS >= DAY_S || atMinute(ms) === "00:00" ? onDay(ms) : atMinute(ms);
}

/** The value a datetime-local input holds, and back. */
export function toInput(ms: number): string {
  const { year, month, day, hour, minute, second } = Object.fromEntries(
    formats.fields.formatToParts(ms).map(({ type, value }) => [type, value]),
  );
  return `${year}-${month}-${day}T${hour}:${minute}:${second}`;
}

/** How far the zone's clock is ahead of UTC at a time. */
export const zoneAheadMs = (ms: number): number =>
  Date.parse(`${toInput(ms)}Z`) - Math.floor(ms / 1000) * 1000;

export function fromInput(text: string): number {
  const asUtc = Date.parse(`${text.length === 16 ? `${text}:00` : text}Z`);
  // The clock may be changed between the two: asked again at the time that was found.
  return Number.isNaN(asUtc) ? asUtc : asUtc - zoneAheadMs(asUtc - zoneAheadMs(asUtc));
}
