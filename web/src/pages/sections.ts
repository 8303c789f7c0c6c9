// The node page as data: sections, their charts, and what each asks for. Names are those of Telegraf's inputs.
// A chart whose measurement or fields a node does not have is left out; an empty section too.

import type { Facts } from "../api/types";
import type { ChartSpec, FieldLine, Threshold } from "../charts/chart";
import { FOUND } from "./found";

export interface Section {
  id: string;
  title: string;
  about: (facts: Facts) => string;
  charts: ChartSpec[];
  panels?: ("cores" | "units")[];
}

const line = (
  name: string,
  field: string,
  colour: FieldLine["colour"],
  more: Partial<FieldLine> = {},
): FieldLine => ({
  name,
  fields: [field],
  colour,
  ...more,
});

const DISK_SKIP = /^(loop|ram|zram|fd|sr)\d|^(sd[a-z]+|vd[a-z]+|xvd[a-z]+)\d+$|^(nvme\d+n\d+|mmcblk\d+)p\d+$/;
const NET_SKIP =
  /^(lo|all|veth.*|docker\d*|br-.*|virbr.*|vnet.*|cni.*|flannel.*|cali.*|ifb.*|sit\d|tunl\d|ip6tnl\d|dummy\d)$/;
const QUIET_MOUNT = /^\/(snap|boot\/efi|run|dev|sys|proc)(\/|$)/;

const manyCores = (facts: Facts): Threshold | null =>
  facts.cores ? { at: facts.cores, level: "warn", text: `${facts.cores} = cores` } : null;

export const SECTIONS: Section[] = [
  {
    id: "cpu",
    title: "CPU",
    about: (facts) => (facts.cores ? `${facts.cores} cores` : ""),
    panels: ["cores"],
    charts: [
      {
        id: "cpu-use",
        title: "Utilisation",
        unit: "percent",
        measurement: "cpu",
        tags: { cpu: ["cpu-total"] },
        fold: "mean",
        stacked: true,
        max: 100,
        lines: [
          line("user", "usage_user", 1),
          line("system", "usage_system", 3),
          line("iowait", "usage_iowait", 2),
          {
            name: "other",
            fields: ["usage_nice", "usage_irq", "usage_softirq", "usage_steal"],
            of: sum,
            colour: 5,
          },
        ],
      },
      {
        id: "load",
        title: "Load",
        unit: "count",
        note: "runnable tasks",
        measurement: "system",
        fold: "mean",
        threshold: manyCores,
        lines: [
          line("1 min", "load1", 1),
          line("5 min", "load5", 2, { dash: [5, 2] }),
          line("15 min", "load15", 4, { dash: [2, 2] }),
        ],
      },
    ],
  },
  {
    id: "memory",
    title: "Memory",
    about: () => "",
    charts: [
      {
        id: "mem-use",
        title: "In use",
        unit: "bytes",
        measurement: "mem",
        fold: "mean",
        stacked: true,
        // From three fields that every kernel has: what programs hold, what the kernel can give back, what lies idle.
        lines: [
          { name: "programs", fields: ["total", "available"], of: difference, colour: 1 },
          { name: "cache", fields: ["available", "free"], of: difference, colour: 3 },
          line("free", "free", 7),
        ],
      },
      {
        id: "mem-available",
        title: "Available",
        unit: "bytes",
        measurement: "mem",
        fold: "min",
        lines: [line("available", "available", 3, { fill: true })],
      },
      {
        id: "mem-dirty",
        title: "Waiting to be written",
        unit: "bytes",
        measurement: "mem",
        fold: "mean",
        lines: [line("dirty", "dirty", 2), line("being written", "write_back", 4, { dash: [5, 2] })],
      },
      {
        id: "swap-use",
        title: "Swap in use",
        unit: "bytes",
        measurement: "swap",
        fold: "mean",
        lines: [line("used", "used", 5, { fill: true })],
      },
      {
        id: "swap-io",
        title: "Swap traffic",
        unit: "bytes_s",
        note: "in up, out down",
        measurement: "swap",
        fold: "rate",
        lines: [line("in", "in", 3, { fill: true }), line("out", "out", 5, { fill: true, below: true })],
      },
    ],
  },
  {
    id: "disk",
    title: "Disk",
    about: () => "",
    charts: [
      {
        id: "disk-throughput",
        title: "Throughput",
        unit: "bytes_s",
        note: "read up, write down",
        measurement: "diskio",
        fold: "rate",
        each: { tag: "name", skip: DISK_SKIP, most: 8 },
        lines: [
          line("read", "read_bytes", 1, { fill: true }),
          line("write", "write_bytes", 2, { fill: true, below: true }),
        ],
      },
      {
        id: "disk-ops",
        title: "Operations",
        unit: "per_s",
        measurement: "diskio",
        fold: "rate",
        each: { tag: "name", skip: DISK_SKIP, most: 8 },
        lines: [line("reads", "reads", 1), line("writes", "writes", 2, { dash: [5, 2] })],
      },
      {
        id: "disk-busy",
        title: "Busy",
        unit: "percent",
        measurement: "diskio",
        fold: "mean",
        max: 100,
        lines: { by: "name", field: "io_util", skip: DISK_SKIP },
      },
      {
        id: "disk-wait",
        title: "Wait per operation",
        unit: "ms",
        measurement: "diskio",
        fold: "mean",
        lines: { by: "name", field: "io_await", skip: DISK_SKIP },
      },
      {
        id: "disk-space",
        title: "Space used",
        unit: "percent",
        measurement: "disk",
        fold: "max",
        max: 100,
        lines: { by: "path", field: "used_percent", skip: QUIET_MOUNT },
      },
      {
        id: "disk-inodes",
        title: "Inodes used",
        unit: "percent",
        measurement: "disk",
        fold: "max",
        max: 100,
        lines: { by: "path", field: "inodes_used_percent", skip: QUIET_MOUNT },
      },
    ],
  },
  {
    id: "network",
    title: "Network",
    about: () => "",
    charts: [
      {
        id: "net-traffic",
        title: "Traffic",
        unit: "bytes_s",
        note: "in up, out down",
        measurement: "net",
        fold: "rate",
        each: { tag: "interface", skip: NET_SKIP, most: 8 },
        lines: [
          line("in", "bytes_recv", 3, { fill: true }),
          line("out", "bytes_sent", 5, { fill: true, below: true }),
        ],
      },
      {
        id: "net-packets",
        title: "Packets",
        unit: "per_s",
        measurement: "net",
        fold: "rate",
        each: { tag: "interface", skip: NET_SKIP, most: 8 },
        lines: [line("in", "packets_recv", 3), line("out", "packets_sent", 5, { dash: [5, 2] })],
      },
      {
        id: "net-errors",
        title: "Errors and drops",
        unit: "per_s",
        measurement: "net",
        fold: "rate",
        each: { tag: "interface", skip: NET_SKIP, most: 8 },
        lines: [
          { name: "errors", fields: ["err_in", "err_out"], of: sum, colour: 4 },
          { name: "drops", fields: ["drop_in", "drop_out"], of: sum, colour: 2, dash: [5, 2] },
        ],
      },
      {
        id: "tcp-connections",
        title: "TCP connections",
        unit: "count",
        measurement: "netstat",
        fold: "mean",
        lines: [
          line("established", "tcp_established", 1),
          line("time wait", "tcp_time_wait", 2, { dash: [5, 2] }),
          line("close wait", "tcp_close_wait", 4, { dash: [2, 2] }),
          line("listening", "tcp_listen", 3),
        ],
      },
      {
        id: "tcp-trouble",
        title: "TCP trouble",
        unit: "per_s",
        measurement: "net",
        tags: { interface: ["all"] },
        fold: "rate",
        lines: [
          line("retransmits", "tcp_retranssegs", 2),
          line("resets sent", "tcp_outrsts", 4, { dash: [5, 2] }),
          line("failed opens", "tcp_attemptfails", 5, { dash: [2, 2] }),
        ],
      },
    ],
  },
  {
    id: "processes",
    title: "Processes",
    about: () => "",
    charts: [
      {
        id: "proc-states",
        title: "States",
        unit: "count",
        note: "processes",
        measurement: "processes",
        fold: "mean",
        lines: [
          line("running", "running", 1),
          line("blocked", "blocked", 2),
          line("zombie", "zombies", 4, { dash: [5, 2] }),
          line("stopped", "stopped", 5, { dash: [2, 2] }),
        ],
      },
      {
        id: "proc-total",
        title: "All",
        unit: "count",
        measurement: "processes",
        fold: "mean",
        lines: [line("processes", "total", 1), line("threads", "total_threads", 3, { dash: [5, 2] })],
      },
      {
        id: "proc-forks",
        title: "New processes",
        unit: "per_s",
        measurement: "kernel",
        fold: "rate",
        lines: [line("forks", "processes_forked", 1, { fill: true })],
      },
    ],
  },
  {
    id: "pressure",
    title: "Pressure",
    about: () => "share of time in which tasks waited, mean over 10 s",
    charts: (["cpu", "memory", "io"] as const).map((resource) => ({
      id: `psi-${resource}`,
      title: { cpu: "CPU", memory: "Memory", io: "Disk and network" }[resource],
      unit: "percent" as const,
      measurement: "pressure",
      tags: { resource: [resource] },
      fold: "mean" as const,
      lines: { by: "type", field: "avg10" },
    })),
  },
  {
    id: "temperatures",
    title: "Temperatures",
    about: () => "",
    charts: [
      {
        id: "temp",
        title: "Sensors",
        unit: "celsius",
        measurement: "temp",
        fold: "mean",
        lines: { by: "sensor", field: "temp", skip: /_(crit|max|critalarm|alarm)$/ },
      },
    ],
  },
  ...FOUND,
  { id: "systemd", title: "systemd", about: () => "", charts: [], panels: ["units"] },
  {
    id: "system",
    title: "System",
    about: () => "",
    charts: [
      {
        id: "switches",
        title: "Context switches",
        unit: "per_s",
        measurement: "kernel",
        fold: "rate",
        lines: [
          line("switches", "context_switches", 1),
          line("interrupts", "interrupts", 3, { dash: [5, 2] }),
        ],
      },
      {
        id: "paging",
        title: "Paging",
        unit: "bytes_s",
        note: "from and to disk",
        measurement: "kernel",
        fold: "rate",
        lines: [
          { name: "in", fields: ["disk_pages_in"], of: kibibytes, colour: 1 },
          { name: "out", fields: ["disk_pages_out"], of: kibibytes, colour: 2, dash: [5, 2] },
        ],
      },
      {
        id: "entropy",
        title: "Entropy",
        unit: "count",
        note: "bits",
        measurement: "kernel",
        fold: "min",
        lines: [line("available", "entropy_avail", 3)],
      },
      {
        id: "users",
        title: "Users signed in",
        unit: "count",
        measurement: "system",
        fold: "max",
        lines: [line("users", "n_users", 1)],
      },
    ],
  },
];

function sum(values: number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function difference([whole = 0, part = 0]: number[]): number {
  return Math.max(0, whole - part);
}

/** pgpgin and pgpgout count KiB. */
function kibibytes([pages = 0]: number[]): number {
  return pages * 1024;
}
