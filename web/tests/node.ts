// A node for tests, with whatever a test wants different.

import type { NodeView, Summary } from "../src/api/types";

export function node(change: Partial<NodeView> & { name: string }): NodeView {
  return {
    id: `id-${change.name}`,
    space: { id: "s", name: "Space" },
    rooms: [],
    labels: {},
    ephemeral_s: 0,
    state: "live",
    cause: "",
    renamed_from: "",
    created_ns: 0,
    last_seen_ns: 0,
    revoked_ns: 0,
    revoked_reason: "",
    local: false,
    bytes_day: null,
    facts: {
      hostname: change.name,
      os: "Debian GNU/Linux 13 (trixie)",
      kernel: "6.12",
      architecture: "x86_64",
      cores: 4,
      memory_bytes: 8 * 2 ** 30,
      boot_id: "",
      boot_time_ns: 0,
      agent_version: "",
      compiled: true,
      volatile_state: false,
    },
    link: {
      dialect: "muster",
      mode: "persistent",
      address: "10.0.0.1:5000",
      tls: "TLSv1.3",
      since_ns: 0,
      last_seen_ns: 0,
      round_trip_ms: 0,
      unsent: 0,
      clock_skew_s: 0,
      warning: "",
      ended: "",
      via: "",
      state_since_ns: 0,
    },
    credential: null,
    clone: null,
    ...change,
  };
}

export const summary = (id: string, change: Partial<Summary> = {}): Summary => ({
  id,
  state: "live",
  cause: "",
  last_seen_ns: 0,
  cpu: null,
  memory: null,
  disk: null,
  disk_path: null,
  rx: null,
  tx: null,
  ...change,
});
