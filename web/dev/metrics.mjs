// Invented measurements: every value is a fixed function of node, series and time, so any range can be asked for.

const GIB = 2 ** 30;

/** A number in [0, 1) from a text, always the same. */
export function hash(text) {
  let h = 2166136261;
  for (let index = 0; index < text.length; index += 1) h = Math.imul(h ^ text.charCodeAt(index), 16777619);
  h ^= h >>> 15;
  h = Math.imul(h, 2246822519);
  return ((h ^ (h >>> 13)) >>> 0) / 2 ** 32;
}

function noise(seed, at) {
  const whole = Math.floor(at);
  const [a, b] = [jitter(seed, whole), jitter(seed, whole + 1)];
  const share = at - whole;
  return a + (b - a) * share * share * (3 - 2 * share);
}

function jitter(seed, index) {
  let h = Math.imul((seed * 4294967296) | 0, 2654435761) ^ Math.imul(index | 0, 1597334677);
  h ^= h >>> 15;
  h = Math.imul(h, 2246822519);
  h ^= h >>> 13;
  return ((h >>> 0) / 2 ** 32) * 2 - 1;
}

/** Slow swell, quicker waves and noise with memory around `base`. */
export function wave(seed, t, base, swing, floor = 0, ceiling = Infinity) {
  const value =
    base +
    swing *
      (0.5 * Math.sin(t / 611 + seed * 40) +
        0.25 * Math.sin(t / 97 + seed * 90) +
        0.45 * noise(seed, t / 23) +
        0.35 * noise(seed + 0.5, t / 4) +
        0.15 * noise(seed + 0.25, t));
  return Math.min(ceiling, Math.max(floor, value));
}

const w = (base, swing, floor, ceiling) => (seed, t) => wave(seed, t, base, swing, floor, ceiling);
const flat = (value) => () => value;
const whole = (make) => (seed, t) => Math.round(make(seed, t));

/** What a node measures: `[measurement, tags, { field: function(seed, t) }]`. Counters are given as their rates. */
export function catalogue(node) {
  const { cpu, memory, disk, path, rx, tx, cores } = node.numbers;
  const total = node.facts.memory_bytes;
  const rows = [];
  const share = (part) => w(cpu * part, cpu * part * 0.35, 0, 100);
  const cpuFields = (scale) => ({
    usage_user: share(0.66 * scale),
    usage_system: share(0.2 * scale),
    usage_iowait: share(0.1 * scale),
    usage_nice: flat(0),
    usage_irq: flat(0),
    usage_softirq: share(0.03 * scale),
    usage_steal: flat(0),
    usage_idle: w(100 - cpu * scale, cpu * scale * 0.4, 0, 100),
  });
  rows.push(["cpu", { cpu: "cpu-total" }, cpuFields(1)]);
  for (let core = 0; core < cores; core += 1)
    rows.push(["cpu", { cpu: `cpu${core}` }, cpuFields(0.4 + 1.2 * hash(`${node.id} ${core}`))]);
  const load = (cpu / 100) * cores;
  rows.push([
    "system",
    {},
    {
      load1: w(load, load * 0.4),
      load5: (seed, t) => wave(seed, t / 4, load, load * 0.25),
      load15: (seed, t) => wave(seed, t / 12, load, load * 0.15),
      n_users: flat(2),
      uptime: (_, t) => Math.round(t - node.facts.boot_time_ns / 1e9),
    },
  ]);
  const held = (memory / 100) * total;
  rows.push([
    "mem",
    {},
    {
      total: flat(total),
      available: whole(w(total - held, total * 0.02)),
      free: whole(w((total - held) * 0.3, total * 0.01)),
      dirty: whole(w(24e6, 20e6)),
      write_back: whole(w(2e6, 3e6)),
    },
  ]);
  rows.push([
    "swap",
    {},
    { total: flat(4 * GIB), used: whole(w(0.2 * GIB, 0.01 * GIB)), in: w(2e3, 8e3), out: w(4e3, 9e3) },
  ]);
  for (const name of node.disks)
    rows.push([
      "diskio",
      { name },
      {
        read_bytes: w(18e6, 22e6),
        write_bytes: w(26e6, 24e6),
        reads: w(220, 260),
        writes: w(410, 320),
        io_util: w(18, 18, 0, 100),
        io_await: w(1.8, 1.6),
      },
    ]);
  for (const [mount, used] of [
    [path, disk],
    ["/boot", 31],
    ["/home", 47],
  ])
    rows.push([
      "disk",
      { path: mount, fstype: "ext4", device: "nvme0n1p2", mode: "rw" },
      {
        used_percent: (seed, t) => wave(seed, t / 30, used, 0.4, 0, 100),
        inodes_used_percent: flat(used * 0.2),
      },
    ]);
  for (const name of node.interfaces)
    rows.push([
      "net",
      { interface: name },
      {
        bytes_recv: w(rx, rx * 0.6),
        bytes_sent: w(tx, tx * 0.6),
        packets_recv: w(rx / 900, rx / 1500),
        packets_sent: w(tx / 900, tx / 1500),
        err_in: flat(0),
        err_out: flat(0),
        drop_in: w(0.02, 0.1),
        drop_out: flat(0),
      },
    ]);
  rows.push([
    "net",
    { interface: "all" },
    { tcp_retranssegs: w(0.8, 1.2), tcp_outrsts: w(0.3, 0.5), tcp_attemptfails: w(0.1, 0.3) },
  ]);
  rows.push([
    "netstat",
    {},
    {
      tcp_established: whole(w(84, 20)),
      tcp_time_wait: whole(w(22, 14)),
      tcp_close_wait: whole(w(1, 2)),
      tcp_listen: flat(17),
    },
  ]);
  rows.push([
    "processes",
    {},
    {
      running: whole(w(2, 2)),
      blocked: whole(w(0.4, 1)),
      zombies: flat(0),
      stopped: flat(0),
      total: whole(w(244, 8)),
      total_threads: whole(w(912, 30)),
    },
  ]);
  rows.push([
    "kernel",
    {},
    {
      context_switches: w(11200, 4200),
      interrupts: w(5800, 1900),
      processes_forked: w(7, 6),
      disk_pages_in: w(420, 600),
      disk_pages_out: w(880, 700),
      entropy_avail: flat(256),
    },
  ]);
  for (const [resource, base] of [
    ["cpu", 4],
    ["memory", 0.3],
    ["io", 6],
  ])
    for (const type of resource === "cpu" ? ["some"] : ["some", "full"])
      rows.push([
        "pressure",
        { resource, type },
        { avg10: w(type === "full" ? base / 2 : base, base * 0.7, 0, 100) },
      ]);
  rows.push(["temp", { sensor: "coretemp_package_id_0" }, { temp: w(48, 6) }]);
  rows.push(["temp", { sensor: "nvme_composite" }, { temp: w(39, 3) }]);
  for (const [name, active, sub] of UNITS)
    rows.push(["systemd_units", { name, active, sub, load: "loaded" }, { active_code: flat(CODES[active]) }]);
  return rows;
}

const CODES = { active: 0, inactive: 2, failed: 3, activating: 4 };
const UNITS = [
  ["cron.service", "active", "running"],
  ["dbus.service", "active", "running"],
  ["fstrim.timer", "active", "waiting"],
  ["logrotate.service", "inactive", "dead"],
  ["muster-agent.service", "active", "running"],
  ["postgresql@16-main.service", "active", "running"],
  ["smartd.service", "failed", "failed"],
  ["ssh.service", "active", "running"],
  ["systemd-journald.service", "active", "running"],
  ["unattended-upgrades.service", "active", "running"],
];
