// Two invented Netdata nodes, a parent and a child behind it, and what their agents answer.

import { nodeOf, uuid } from "./fleet.mjs";
import { hash, wave } from "./metrics.mjs";
import { need, Refusal } from "./refusal.mjs";

const NAMES = { parent: "depot-parent", child: "depot-pump" };
const LINKED_S = 7 * 3600;
const GAP_S = [700, 580]; // ago: the agent was stopped for two minutes

/** Parent and child, as their hub lists them. */
export function netdataNodes(nowNs) {
  const of = (name, cores, via) => {
    const row = [
      "live",
      name,
      "Debian GNU/Linux 12 (bookworm)",
      cores,
      8,
      ["Storage"],
      0,
      0,
      0,
      "/",
      0,
      0,
      0,
    ];
    const node = nodeOf([...row, { created: 9 * 86400 }], nowNs);
    const since_ns = nowNs - LINKED_S * 1e9;
    return {
      ...node,
      labels: {},
      credential: null,
      facts: { ...node.facts, agent_version: "v2.10.4", compiled: false, boot_id: "" },
      link: {
        ...node.link,
        dialect: "netdata",
        tls: via ? "" : "TLSv1.3",
        address: via ? "" : node.link.address,
        since_ns,
        state_since_ns: since_ns,
        round_trip_ms: 0,
        via,
      },
    };
  };
  const parent = of(NAMES.parent, 8, "");
  return [parent, of(NAMES.child, 2, parent.id)];
}

// [context, title, family, units, chart type, { dimension: [base, swing] }]
const CONTEXTS = [
  [
    "system.cpu",
    "Total CPU utilization",
    "cpu",
    "percentage",
    "stacked",
    { user: [14, 9], system: [5, 3], iowait: [2, 2], softirq: [0.6, 0.4] },
  ],
  [
    "system.load",
    "System Load Average",
    "load",
    "load",
    "line",
    { load1: [1.3, 0.9], load5: [1.2, 0.4], load15: [1.1, 0.2] },
  ],
  ["system.io", "Disk I/O", "disk", "KiB/s", "area", { in: [1200, 1400], out: [-2600, 1900] }],
  [
    "system.ram",
    "System RAM",
    "ram",
    "MiB",
    "stacked",
    { free: [900, 60], used: [3100, 120], cached: [3600, 70], buffers: [240, 10] },
  ],
  [
    "system.net",
    "Physical Network Interfaces Aggregated Bandwidth",
    "network",
    "kilobits/s",
    "area",
    { received: [8400, 6000], sent: [-5200, 4100] },
  ],
  [
    "system.processes",
    "System Processes",
    "processes",
    "processes",
    "line",
    { running: [2, 2], blocked: [0.2, 0.6] },
  ],
  [
    "system.ctxt",
    "CPU Context Switches",
    "processes",
    "context switches/s",
    "line",
    { switches: [5200, 2400] },
  ],
  ["system.uptime", "System Uptime", "uptime", "seconds", "line", { uptime: [604800, 0] }],
  [
    "system.interrupts",
    "CPU Interrupts",
    "interrupts",
    "interrupts/s",
    "stacked",
    Object.fromEntries(
      Array.from({ length: 11 }, (_, n) => [`irq_${n + 20}`, [300 / (n + 1), 90 / (n + 1)]]),
    ),
  ],
  ["system.entropy", "Available Entropy", "entropy", "entropy", "line", { entropy: [256, 0] }],
  ["mem.available", "Available RAM for applications", "overview", "MiB", "area", { avail: [4400, 150] }],
  [
    "mem.pgfaults",
    "Memory Page Faults",
    "page faults",
    "faults/s",
    "line",
    { minor: [3100, 2400], major: [2, 5] },
  ],
  ["mem.swap", "System Swap", "swap", "MiB", "stacked", { free: [1800, 20], used: [240, 20] }],
  [
    "disk.io",
    "Disk I/O Bandwidth",
    "nvme0n1",
    "KiB/s",
    "area",
    { reads: [900, 1200], writes: [-1900, 1600] },
  ],
  [
    "disk.ops",
    "Disk Completed I/O Operations",
    "nvme0n1",
    "operations/s",
    "line",
    { reads: [60, 70], writes: [-130, 90] },
  ],
  ["disk.util", "Disk Utilization Time", "nvme0n1", "% of time working", "area", { utilization: [12, 9] }],
  [
    "disk.await",
    "Average Completed I/O Operation Time",
    "nvme0n1",
    "milliseconds/operation",
    "line",
    { reads: [0.4, 0.3], writes: [-1.1, 0.8] },
  ],
  [
    "disk.space",
    "Disk Space Usage",
    "/",
    "GiB",
    "stacked",
    { avail: [41, 0.1], used: [18, 0.1], "reserved for root": [3, 0] },
  ],
  ["net.net", "Bandwidth", "eth0", "kilobits/s", "area", { received: [8400, 6000], sent: [-5200, 4100] }],
  [
    "net.packets",
    "Packets",
    "eth0",
    "packets/s",
    "line",
    { received: [900, 500], sent: [-700, 400], multicast: [3, 3] },
  ],
  ["ip.tcpsock", "TCP Connections", "tcp", "active connections", "line", { connections: [48, 9] }],
  [
    "app.cpu_utilization",
    "Apps CPU utilization",
    "cpu",
    "percentage",
    "stacked",
    { user: [4, 2], system: [1, 1] },
  ],
  [
    "systemd.service_unit_state",
    "Service Unit State",
    "service units",
    "state",
    "line",
    { active: [1, 0], failed: [0, 0] },
  ],
  [
    "netdata.memory",
    "Netdata Memory",
    "memory",
    "bytes",
    "stacked",
    { dbengine: [96e6, 2e6], contexts: [9e6, 4e5] },
  ],
];

const OLD = { context: "docker.container_state", title: "Docker Container State", ended: 5400 };

function contexts(nowS) {
  const listed = CONTEXTS.map(([id, title, family, units, chart_type], index) => ({
    id,
    title,
    units,
    family,
    chart_type,
    priority: 100 + index * 10,
    first_s: nowS - 9 * 86400,
    last_s: 0,
    live: true,
  }));
  const gone = {
    ...listed[0],
    id: OLD.context,
    title: OLD.title,
    units: "state",
    chart_type: "line",
    priority: 900,
    last_s: nowS - OLD.ended,
    live: false,
  };
  return { contexts: [...listed, gone], version: "8126459" };
}

/** Whole groups of seconds, as the agent aligns them; null while it was stopped. */
function data(node, query, nowS) {
  const asked = query.get("context");
  const [, , , , , dimensions] = need(
    CONTEXTS.find(([id]) => id === asked),
    "context",
  );
  const [after, before] = [Number(query.get("after")), Math.min(Number(query.get("before")), nowS)];
  const step = Math.max(1, Math.ceil((before - after) / Number(query.get("points"))));
  const times = [];
  for (let t = Math.ceil(after / step) * step; t < before; t += step) times.push(t);
  const was = (t) => t < nowS - GAP_S[0] || t >= nowS - GAP_S[1];
  const lines = query.get("instances") ? apart(dimensions) : Object.entries(dimensions);
  const values = lines.map(([name, [base, swing]]) => {
    const seed = hash(`${node.id} ${asked} ${name}`);
    const [floor, ceiling] = base < 0 ? [-Infinity, 0] : [0, Infinity];
    return times.map((t) => (was(t) ? wave(seed, t, base, swing, floor, ceiling) : null));
  });
  return { labels: lines.map(([name]) => name), times, values, update_every_s: step };
}

/** Two instances for what is one otherwise. */
const apart = (dimensions) =>
  Object.entries(dimensions).flatMap(([name, [base, swing]]) => [
    [`${name},one`, [base * 0.7, swing * 0.7]],
    [`${name},two`, [base * 0.3, swing * 0.3]],
  ]);

const alert = (name, chart, context, status, value_text, agoS, info, nowS, more = {}) => ({
  name,
  chart,
  context,
  status,
  old_status: "clear",
  value: Number.parseFloat(value_text),
  value_text,
  since_s: nowS - agoS,
  info,
  class: "Utilization",
  recipient: "sysadmin",
  units: "%",
  ...more,
});

function alerts(nowS) {
  const clear = Array.from({ length: 41 }, (_, n) =>
    alert(
      `quiet_${n + 1}`,
      `system.chart_${n + 1}`,
      "system.cpu",
      "clear",
      "0%",
      86400 + n * 60,
      "all is well",
      nowS,
    ),
  );
  const raised = [
    alert(
      "disk_space_usage",
      "disk_space._srv",
      "disk.space",
      "critical",
      "98.4%",
      5400,
      "disk /srv space utilization",
      nowS,
    ),
    alert(
      "10min_cpu_iowait",
      "system.cpu",
      "system.cpu",
      "warning",
      "31.2%",
      540,
      "average CPU iowait time over the last 10 minutes",
      nowS,
    ),
  ];
  const log = [
    alert("10min_cpu_iowait", "system.cpu", "system.cpu", "warning", "31.2%", 540, "", nowS),
    alert("ram_in_use", "system.ram", "system.ram", "clear", "71%", 3600, "", nowS, {
      old_status: "warning",
    }),
  ];
  return { alerts: [...clear, ...raised], log };
}

const FUNCTIONS = [
  {
    name: "processes",
    help: "Detailed information on the currently running processes.",
    tags: ["top"],
    access: ["signed-id"],
  },
  {
    name: "network-connections",
    help: "Shows active network connections.",
    tags: ["top"],
    access: ["signed-id"],
  },
  {
    name: "systemd-list-units",
    help: "View the status of systemd units.",
    tags: ["top"],
    access: ["signed-id"],
  },
];
const PROCESSES = ["netdata", "postgres", "sshd", "systemd", "cron", "pumpd", "rsyslogd", "nginx"];

const columns = (...names) =>
  names.map(([name, units = "", is_shown = true]) => ({ name, title: name, type: "", units, is_shown }));

function table({ name }) {
  if (name === "network-connections")
    throw new Refusal(503, "unavailable", "the agent did not answer within 10 s");
  if (name !== "processes")
    return {
      columns: columns(["Unit"], ["Active"], ["Sub"]),
      rows: [
        ["cron.service", "active", "running"],
        ["pumpd.service", "failed", "failed"],
      ],
    };
  const rows = PROCESSES.map((command, n) => [
    700 + n * 37,
    command,
    n % 3 ? "root" : command,
    12.5 / (n + 1),
    320 / (n + 1),
    n + 2,
  ]);
  return {
    columns: columns(["PID"], ["Cmd"], ["User"], ["CPU", "%"], ["RSS", "MiB"], ["Threads", "", false]),
    rows,
  };
}

const COLLECTORS = [
  ["proc.plugin", "/proc/stat"],
  ["proc.plugin", "/proc/meminfo"],
  ["apps.plugin", ""],
  ["cgroups.plugin", "/sys/fs/cgroup"],
  ["diskspace.plugin", ""],
  ["go.d", "docker"],
  ["systemd-journal.plugin", ""],
];
const ABLE = [
  ["ctx", 1],
  ["funcs", 1],
  ["health", 2],
  ["http_api_v2", 7],
  ["proto", 1],
];

function info(node, all) {
  const named = (each) => ({ id: each.id, name: each.name });
  const parent = all.find((each) => each.id === node.link.via);
  return {
    claim_id: uuid(`claim of ${(parent ?? node).name}`),
    machine: uuid(`machine ${node.name}`),
    agent_version: "v2.10.4",
    hops: parent ? 1 : 0,
    parent: parent ? named(parent) : null,
    children: all.filter((each) => each.link.via === node.id).map(named),
    labels: {
      _os_name: "Debian GNU/Linux",
      _architecture: "x86_64",
      site: "depot",
      _is_parent: String(!parent),
    },
    collectors: COLLECTORS.map(([plugin, module]) => ({ plugin, module })),
    capabilities: ABLE.map(([name, version]) => ({ name, version })),
  };
}

export function netdataPath([, id, , what], _method, body, query, state, nowS) {
  const node = need(state.nodes.get(id), "node");
  if (node.state === "offline" && what !== "info")
    throw new Refusal(503, "unavailable", `${node.name} has no link`);
  switch (what) {
    case "contexts":
      return contexts(nowS);
    case "data":
      state.netdataAsked += 1;
      return data(node, query, nowS);
    case "alerts":
      return alerts(nowS);
    case "functions":
      return { functions: FUNCTIONS };
    case "function":
      return table(body);
    case "info":
      return info(node, [...state.nodes.values()]);
    default:
      throw new Refusal(404, "not_found", `no such path ${what}`);
  }
}
