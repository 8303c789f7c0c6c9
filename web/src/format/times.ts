// Times and durations in the viewer's zone: relative under a day, then the date; the exact one on hover.

export const NS_PER_MS = 1e6;
export const NS_PER_S = 1e9;
const DAY_S = 86_400;
const YEAR_S = 365.25 * DAY_S;

export const toMs = (ns: number): number => ns / NS_PER_MS;

const clock = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit" });
const clockSeconds = new Intl.DateTimeFormat("en-GB", {
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
});
const dayMonth = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short" });
const dayMonthYear = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", year: "numeric" });
const full = new Intl.DateTimeFormat("en-GB", {
  weekday: "short",
  day: "numeric",
  month: "short",
  year: "numeric",
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
  timeZoneName: "short",
});

export const atMinute = (ms: number): string => clock.format(ms);
export const atSecond = (ms: number): string => clockSeconds.format(ms);
export const onDay = (ms: number): string => dayMonth.format(ms);
export const exactly = (ms: number): string => full.format(ms);

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
  if (sameDay(ms, nowMs)) return clock.format(ms);
  return `${dated(ms, nowMs)}, ${clock.format(ms)}`;
}

/** 18:22 today, else 21 Nov 18:22. */
export function moment(ms: number, nowMs: number): string {
  return sameDay(ms, nowMs) ? clock.format(ms) : `${dated(ms, nowMs)} ${clock.format(ms)}`;
}

export function dated(ms: number, nowMs: number): string {
  const sameYear = new Date(ms).getFullYear() === new Date(nowMs).getFullYear();
  return (sameYear ? dayMonth : dayMonthYear).format(ms);
}

function sameDay(a: number, b: number): boolean {
  return new Date(a).toDateString() === new Date(b).toDateString();
}

/** Labels of a time axis: seconds, minutes or days, as coarse as the distance of its ticks. */
export function axisTime(ms: number, stepS: number): string {
  const date = new Date(ms);
  if (stepS < 60) return clockSeconds.format(ms);
  const midnight = date.getHours() === 0 && date.getMinutes() === 0;
  if (stepS >= DAY_S || midnight) return dayMonth.format(ms);
  return clock.format(ms);
}

/** The value a datetime-local input holds, and back. */
export function toInput(ms: number): string {
  const shifted = new Date(ms - new Date(ms).getTimezoneOffset() * 60_000);
  return shifted.toISOString().slice(0, 19);
}

export const fromInput = (text: string): number => new Date(text).getTime();
