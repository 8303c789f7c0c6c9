// Sections of what only some machines have: disks that tell their health, GPUs, UPSes, containers, probes.
// As sections.ts: names are those of Telegraf's inputs, and what a node does not have is left out.

import type { ChartSpec, TagLines } from "../charts/chart";
import type { Section } from "./sections";

type More = Partial<Omit<ChartSpec, "lines">> & Pick<TagLines, "of">;

/** A chart with a line for each value of a tag. */
function by(
  tag: string,
  measurement: string,
  field: string,
  title: string,
  unit: ChartSpec["unit"],
  { of, ...more }: More = {},
): ChartSpec {
  return {
    id: `${measurement}-${field}`.replaceAll("_", "-"),
    title,
    unit,
    measurement,
    fold: "mean",
    ...more,
    lines: { by: tag, field, ...(of ? { of } : {}) },
  };
}

const mebibytes = (value: number) => value * 2 ** 20;
const busy = (idleMs: number) => Math.max(0, 100 - idleMs / 10); // of a second
const ofOneCore = (usec: number) => usec / 1e4;
const fromNanoseconds = (value: number) => value / 1e9;

const WORST = { fold: "max" } as const;
const SHARE = { max: 100 } as const;

const disk = (field: string, title: string, unit: ChartSpec["unit"]) =>
  by("device", "smart_device", field, title, unit, WORST);

const container = (of: string, field: string, title: string, unit: ChartSpec["unit"], more: More = {}) =>
  by("container_name", `docker_container_${of}`, field, title, unit, more);

const guest = (field: string, title: string, unit: ChartSpec["unit"], more: More = {}) =>
  by("name", "vm", field, title, unit, more);

const ups = (measurement: string) => [
  by("ups_name", measurement, "battery_charge_percent", "Battery", "percent", { ...SHARE, fold: "min" }),
  by("ups_name", measurement, "load_percent", "Load", "percent"),
  by("ups_name", measurement, "time_left_ns", "Time left on battery", "seconds", {
    fold: "min",
    of: fromNanoseconds,
  }),
];

export const FOUND: Section[] = [
  {
    id: "disks-health",
    title: "Disks' health",
    about: () => "SMART",
    charts: [
      disk("temp_c", "Temperature", "celsius"),
      disk("percentage_used", "Life used", "percent"),
      disk("reallocated_sectors_count", "Reallocated sectors", "count"),
      disk("pending_sector_count", "Pending sectors", "count"),
      disk("media_errors", "Media errors", "count"),
      disk("udma_crc_errors", "Errors on the cable", "count"),
    ],
  },
  {
    id: "gpu",
    title: "GPU",
    about: () => "",
    charts: [
      by("name", "nvidia_smi", "utilization_gpu", "Utilisation", "percent", SHARE),
      by("name", "nvidia_smi", "memory_used", "Memory in use", "bytes", { of: mebibytes }),
      by("name", "nvidia_smi", "temperature_gpu", "Temperature", "celsius"),
      by("name", "nvidia_smi", "power_draw", "Power", "count", { note: "watts" }),
      by("card", "gpu", "utilization_gpu", "Utilisation", "percent", SHARE),
      by("card", "gpu", "idle_ms", "Busy", "percent", { ...SHARE, fold: "rate", of: busy }),
      by("card", "gpu", "memory_used", "Memory in use", "bytes"),
      by("card", "gpu", "power_draw", "Power", "count", { note: "watts" }),
      by("card", "gpu", "clocks_current_graphics", "Clock", "count", { note: "MHz" }),
    ],
  },
  {
    id: "vms",
    title: "Virtual machines",
    about: () => "that run here",
    charts: [
      guest("usage_usec", "Processor", "percent", { fold: "rate", note: "of one core", of: ofOneCore }),
      guest("memory", "Memory", "bytes"),
      guest("read_bytes", "Read from disks", "bytes_s", { fold: "rate" }),
      guest("write_bytes", "Written to disks", "bytes_s", { fold: "rate" }),
    ],
  },
  { id: "ups", title: "UPS", about: () => "", charts: [...ups("apcupsd"), ...ups("upsd")] },
  {
    id: "containers",
    title: "Containers",
    about: () => "",
    charts: [
      container("cpu", "usage_percent", "Processor", "percent", {
        note: "of one core",
        tags: { cpu: ["cpu-total"] },
      }),
      container("mem", "usage", "Memory", "bytes"),
      container("net", "rx_bytes", "Received", "bytes_s", { fold: "rate", tags: { network: ["total"] } }),
      container("net", "tx_bytes", "Sent", "bytes_s", { fold: "rate", tags: { network: ["total"] } }),
    ],
  },
  {
    id: "probes",
    title: "Probes",
    about: () => "other machines, asked from this one",
    charts: [
      by("url", "ping", "maximum_response_ms", "Ping", "ms", { ...WORST, note: "slowest reply" }),
      by("url", "ping", "percent_packet_loss", "Pings lost", "percent", SHARE),
      by("server", "http_response", "response_time", "Web servers", "seconds", WORST),
      by("server", "http_response", "result_code", "Web servers, result", "count", {
        ...WORST,
        note: "0 is good",
      }),
      by("server", "dns_query", "query_time_ms", "Name servers", "ms", WORST),
      by("source", "x509_cert", "expiry", "Certificates end in", "seconds", { fold: "min" }),
    ],
  },
];
