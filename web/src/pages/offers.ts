// Which charts a node can have: the declared ones, narrowed to what the hub has series of, multiplied per device.

import type { Offer } from "../api/types";
import type { ChartSpec } from "../charts/chart";
import { SECTIONS, type Section } from "./sections";

export interface Offered {
  section: Section;
  charts: ChartSpec[];
  panels: ("cores" | "units")[];
}

export function offered(offers: Offer[]): Offered[] {
  const known = new Map(offers.map((offer) => [offer.measurement, offer]));
  const has = { cores: (coresOf(known)?.length ?? 0) > 0, units: known.has("systemd_units") };
  return SECTIONS.map((section) => ({
    section,
    charts: section.charts.flatMap((chart) => chartsOf(chart, known.get(chart.measurement))),
    panels: (section.panels ?? []).filter((panel) => has[panel]),
  })).filter(({ charts, panels }) => charts.length + panels.length > 0);
}

export const coresOf = (known: Map<string, Offer>): string[] | undefined =>
  known.get("cpu")?.tags.cpu?.filter((name) => /^cpu\d+$/.test(name));

function chartsOf(chart: ChartSpec, offer: Offer | undefined): ChartSpec[] {
  if (!offer) return [];
  const names = new Set(offer.fields.map((field) => field.name));
  const lines = chart.lines;
  const usable = Array.isArray(lines)
    ? lines.some((line) => line.fields.every((field) => names.has(field)))
    : names.has(lines.field) && valuesOf(offer, lines.by, lines.skip).length > 0;
  if (!usable || !tagsExist(chart, offer)) return [];
  const asked = {
    ...chart,
    lines: Array.isArray(lines) ? lines.filter((line) => line.fields.every((f) => names.has(f))) : lines,
  };
  return chart.each ? perDevice(asked, chart.each, offer) : [asked];
}

function tagsExist(chart: ChartSpec, offer: Offer): boolean {
  return Object.entries(chart.tags ?? {}).every(([key, wanted]) =>
    wanted.some((value) => offer.tags[key]?.includes(value)),
  );
}

const valuesOf = (offer: Offer, tag: string, skip?: RegExp): string[] =>
  (offer.tags[tag] ?? []).filter((value) => !skip?.test(value));

function perDevice(chart: ChartSpec, each: NonNullable<ChartSpec["each"]>, offer: Offer): ChartSpec[] {
  const wanted = valuesOf(offer, each.tag, each.skip);
  // A container may have nothing but what is skipped elsewhere: then that is what there is to see.
  const devices = (wanted.length ? wanted : valuesOf(offer, each.tag, /^all$/))
    .sort((a, b) => a.localeCompare(b, "en", { numeric: true }))
    .slice(0, each.most);
  return devices.map((device) => ({
    ...chart,
    id: `${chart.id}-${device}`,
    title: `${chart.title}, ${device}`,
    tags: { ...chart.tags, [each.tag]: [device] },
  }));
}
