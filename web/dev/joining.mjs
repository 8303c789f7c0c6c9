// Ready commands, who waits for an admin, and copied identities, as core/connecting/connect.py, approvals.py and clones.py answer.

import { SPACE, uuid } from "./fleet.mjs";
import { need, Refusal } from "./refusal.mjs";

const URL_ = "https://hub.harbour.lan:7445";
const NETDATA_URL = "https://hub.harbour.lan:7443";
const DIGEST = "9f2c41d708be63a1d05f7c921e48b3f65a0d88c1e27b4490fd163ac5720891eb";
const INSTALLER = "#!/bin/sh\n# for @NAME@\nprintf %s '@TOKEN@'\n@CONFIG@\n";
const TITLES = {
  linux: "Linux",
  docker: "Docker",
  compose: "Docker Compose",
  kubernetes: "Kubernetes",
  macos: "macOS",
  ansible: "Ansible",
  telegraf: "Telegraf",
  installer: "Installer file",
  netdata: "Netdata 2, claim.conf",
  "netdata-script": "Netdata 1, claiming script",
  "netdata-docker": "Netdata in Docker",
  "netdata-compose": "Netdata in Docker Compose",
  "netdata-kubernetes": "Netdata in Kubernetes",
};
const MISSING = {
  macos: "this hub has no build of the agent for macOS: tools/gather_wheels.py fetches the packages for one",
  telegraf:
    "this hub has no endpoint that takes its metrics by certificate: set influx.port, with influx.auth mtls",
};

/** GET tells what there is; POST makes a token by `makeToken`, unless it is a preview. */
export function connect(method, body, state, makeToken) {
  const missing = { ...MISSING, ...state.missing };
  if (method === "GET") {
    const environments = Object.entries(TITLES).map(([environment, title]) => ({
      environment,
      title,
      available: !missing[environment],
      reason: missing[environment] ?? "",
    }));
    const netdata_urls = [NETDATA_URL, "https://10.20.1.2:7443"];
    return {
      environments,
      urls: [URL_, "https://10.20.1.2:7445"],
      netdata_urls,
      netdata_root: state.ca.root?.sha256 ?? DIGEST,
      missing: [],
    };
  }
  if (missing[body.environment]) throw new Refusal(503, "unavailable", missing[body.environment]);
  if (body.proxy?.includes("bad")) throw new Refusal(400, "bad_input", "proxy is none, env or a URL");
  const token = body.preview ? null : makeToken(body);
  return { token: token && pick(token), ...parts(body, token?.token ?? "TOKEN") };
}

const pick = ({ id, token, expires_ns, uses }) => ({ id, token, expires_ns, uses });
const command = (title, text) => ({ title, text, language: "sh" });

const roomsOf = (body) => (body.rooms?.length ? ` --claim-rooms ${body.rooms.join(",")}` : "");

const kickstart = (fetch, run, token, body) =>
  command(
    fetch,
    `( cd "$(mktemp -d)" &&\n  ${run} kickstart.sh ${URL_}/install/kickstart.sh &&\n  echo "${DIGEST}  kickstart.sh" | sha256sum -c - &&\n  printf %s '${token}' |\n  sudo sh kickstart.sh --claim-token-file - --claim-url ${body.url || URL_}${roomsOf(body)}${body.proxy ? ` --claim-proxy ${body.proxy}` : ""} )`,
  );

const trust = command(
  "Trust this hub, once",
  `( cd "$(mktemp -d)" &&\n  curl -fsSk -o muster-root.pem ${NETDATA_URL}/root.pem &&\n  echo "${DIGEST}  muster-root.pem" | sha256sum -c - &&\n  sudo install -m 0644 muster-root.pem /var/lib/netdata/cloud.d/trusted.pem )`,
);

function netdataParts(body, token) {
  const url = body.url || NETDATA_URL;
  const rooms = (body.rooms ?? []).join(",");
  const file = (name, text) => ({ name, text });
  const env = file("netdata.env", `NETDATA_CLAIM_TOKEN=${token}\nNETDATA_CLAIM_URL=${url}\n`);
  switch (body.environment) {
    case "netdata":
      return {
        commands: [
          trust,
          command(
            "Claim it",
            `sudo tee /etc/netdata/claim.conf >/dev/null <<'CLAIM' &&\n[global]\n   url = ${url}\n   token = ${token}\n   rooms = ${rooms}\nCLAIM\nsudo netdatacli reload-claiming-state`,
          ),
        ],
        files: [],
      };
    case "netdata-script":
      return {
        commands: [
          trust,
          command(
            "Claim it",
            `printf %s '${token}' | sudo tee /var/lib/netdata/cloud.d/token >/dev/null &&\nsudo netdata-claim.sh -url=${url}`,
          ),
        ],
        files: [],
      };
    case "netdata-compose":
      return {
        commands: [trust, command("Start it", "docker compose --file compose.yaml up --detach")],
        files: [file("compose.yaml", "services:\n  netdata:\n    image: netdata/netdata\n"), env],
      };
    default:
      return { commands: [trust, command("Run it", `netdata-for-${body.environment} ${token}`)], files: [] };
  }
}

function parts(body, token) {
  if (body.environment.startsWith("netdata")) return netdataParts(body, token);
  const build = command(
    "Build the image, once",
    `curl -fsSk -o image.tar ${URL_}/install/files/docker.tar &&\n  docker build -t muster-agent - < image.tar`,
  );
  const env = { name: "muster.env", text: `MUSTER_CLAIM_TOKEN=${token}\nMUSTER_CLAIM_URL=${URL_}\n` };
  switch (body.environment) {
    case "docker":
      return {
        commands: [build, command("Run it", `docker run --env MUSTER_CLAIM_TOKEN=${token} muster-agent`)],
        files: [],
      };
    case "compose":
      return {
        commands: [build, command("Start it", "docker compose --file compose.yaml up --detach")],
        files: [{ name: "compose.yaml", text: "services:\n  muster-agent:\n    image: muster-agent\n" }, env],
      };
    case "installer":
      return {
        commands: [],
        files: [
          {
            name: `install-on-${body.name}.sh`,
            text: (body.template || INSTALLER).replace(
              /@(NAME|TOKEN|CONFIG)@/g,
              (_, word) => ({ NAME: body.name, TOKEN: token, CONFIG: body.config })[word],
            ),
          },
        ],
      };
    case "linux":
      return {
        commands: [
          kickstart("With curl", "curl -fsSk -o", token, body),
          kickstart("With wget", "wget -q --no-check-certificate -O", token, body),
        ],
        files: [],
      };
    case "telegraf":
      return {
        commands: [
          command(
            "On the machine that runs Telegraf",
            `printf %s '${token}' |\n  muster agent claim --token-file -`,
          ),
        ],
        files: [
          {
            name: "muster.conf",
            text: '[[outputs.influxdb_v2]]\n  urls = ["https://hub.harbour.lan:8086"]\n',
          },
        ],
      };
    default:
      return { commands: [command("Run it", `muster-for-${body.environment} ${token}`)], files: [] };
  }
}

const reason = (name, text, points, verified = false) => ({ name, text, points, verified });

/** Three that wait and one that was refused. */
export function joining(nowNs, nodes) {
  const like = (name) => [...nodes.values()].find((each) => each.name === name);
  const known = (name) => (like(name) ? { id: like(name).id, name } : null);
  return {
    missing: {},
    air: [],
    claims: [
      claim("web-09", nowNs, {
        ago: 120,
        kind: "claim",
        why: "this space asks for approval of each machine",
        reasons: [
          reason("ssh", "SSH host key SHA256:u0Rk…9fQ signed this request", 40, true),
          reason("machine_id", "a machine id that no other node has", 10),
          reason("macs", "2 network cards that no other node has", 5),
        ],
        score: 55,
      }),
      claim("winch-plc", nowNs, {
        ago: 240,
        kind: "reimage",
        looks_like: known("winch-plc"),
        why: "it looks like a node that is away",
        reasons: [
          reason("dmi", "the same hardware id as winch-plc", 30),
          reason("macs", "the same network card as winch-plc", 20),
          reason("ssh", "another SSH host key than winch-plc had", -20, true),
        ],
        score: 30,
      }),
      claim("tide-gauge-3", nowNs, {
        ago: 380,
        kind: "recovery",
        token: "",
        looks_like: known("tide-gauge-3"),
        why: "3 recoveries in a row without a renewal in between",
        reasons: [reason("key", "it holds the key of the node's last certificate", 50, true)],
        score: 50,
      }),
      claim("stranger", nowNs, {
        ago: 9000,
        decision: "denied",
        decided_by: "admin",
        decided_ns: nowNs - 8000e9,
        note: "not one of ours",
      }),
    ],
    clones: [],
  };
}

export function claim(name, nowNs, { ago = 0, ...change }) {
  return {
    id: uuid(`claim ${name} ${ago}`),
    kind: "claim",
    name,
    space: SPACE,
    rooms: [],
    labels: {},
    token: "q7f3q7f3q7f3q7f3",
    address: "10.20.4.40",
    facts: {
      hostname: name,
      os: "Debian GNU/Linux 13 (trixie)",
      kernel: "6.12.48",
      architecture: "x86_64",
      cores: 4,
      memory_bytes: 8e9,
      boot_id: "",
      boot_time_ns: 0,
      agent_version: "0.1.0",
      compiled: true,
      volatile_state: false,
    },
    evidence: { machine_id: "", dmi: "", macs: [], boot_id: "", ssh: [], cloud: [] },
    reasons: [],
    score: 0,
    key_sha256: uuid(`key ${name}`).replaceAll("-", "").repeat(2),
    looks_like: null,
    why: "",
    created_ns: nowNs - ago * 1e9,
    expires_ns: nowNs + (7 * 86400 - ago) * 1e9,
    decision: "",
    decided_ns: 0,
    decided_by: "",
    note: "",
    node: "",
    ...change,
  };
}

export const queueOf = (state) => {
  const open = state.claims.filter((each) => !each.decision);
  return { waiting: open.length, newest_ns: Math.max(0, ...open.map((each) => each.created_ns)) };
};

/** `admit` makes a node of a claim that is approved as a new one. */
export function approvalPath([, id, deed], method, body, state, query, nowNs, admit) {
  if (!id) return state.claims.filter((each) => query.get("state") === "all" || !each.decision);
  const found = need(
    state.claims.find((each) => each.id === id),
    "claim that waits",
  );
  if (method === "GET") return found;
  if (found.decision) throw new Refusal(409, "already_decided", `${found.decision} already, by admin`);
  if (deed === "approve" && found.kind === "reimage" && !body.as)
    throw new Refusal(400, "bad_input", "say which: as=existing, the node it looks like, or as=new");
  const decision = deed === "approve" ? "approved" : "denied";
  Object.assign(found, { decision, decided_ns: nowNs, decided_by: "admin", note: body.note });
  if (decision === "approved")
    found.node =
      body.as === "existing" || found.kind === "recovery"
        ? found.looks_like.id
        : admit({ ...found, name: body.name ?? found.name, into: body.rooms ?? [] });
  return found;
}

const GAP = /-----BEGIN MUSTER (\w+)-----/;

/** A request that came by hand: what it says, and its answer. `admit` makes a node of it. */
export function airGap([, deed], body, nowNs, admit) {
  const found = GAP.exec(body.request);
  if (!found)
    throw new Refusal(400, "bad_armour", "no MUSTER REQUEST in this text: its line -----BEGIN … is missing");
  if (!body.request.includes("-----END"))
    throw new Refusal(400, "bad_armour", "cut short: its line -----END … is missing; copy all of it");
  const said = claim("vault-01", nowNs, {});
  if (deed === "inspect")
    return {
      sha256: said.key_sha256,
      key_sha256: said.key_sha256,
      facts: said.facts,
      reasons: [reason("machine_id", "a machine id that no other node has", 10)],
      score: 10,
      pins: [],
      created_ns: nowNs - 3600e9,
      expires_ns: nowNs + 6 * 86400e9,
      renews: false,
      replaces: "",
      node: null,
      signed_ns: 0,
    };
  const name = body.name || "vault-01";
  return {
    response: `-----BEGIN MUSTER RESPONSE-----\n${"Zm9yIHZhdWx0LTAx".repeat(4)}\n=abcdefghijkl\n-----END MUSTER RESPONSE-----\n`,
    codes: [1, 2].map(
      (part) => `MUSTER:RESPONSE:${part}/2:ABCDEFGH:${"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".repeat(18)}`,
    ),
    node: { id: admit({ ...said, name }), name },
    not_after_ns: nowNs + 31 * 86400e9,
    expires_ns: nowNs + 7 * 86400e9,
    again: false,
    fingerprint: said.key_sha256,
  };
}

/** Two holders of a node's identity, as a copied disk makes them. */
export function copy(node, nowNs) {
  const holder = (instance, change) => ({
    instance,
    hostname: node.name,
    address: "10.20.3.21",
    addresses: ["10.20.3.21"],
    counter: 412,
    started_ns: nowNs - 18 * 86400e9,
    boot_id: uuid(instance),
    serial: node.credential.serial,
    first_ns: nowNs - 78 * 86400e9,
    seen_ns: nowNs,
    here: true,
    differs: [],
    decision: "",
    became: "",
    ...change,
  });
  const text =
    "Two machines use this node's identity at the same time: its state folder was copied. The first holds the link; the other waits.";
  const clone = {
    id: uuid(`clone ${node.name}`),
    node: node.id,
    name: node.name,
    space: SPACE.id,
    kind: "living",
    state: "open",
    text,
    created_ns: nowNs - 1320e9,
    changed_ns: nowNs,
    decided_by: "",
    holders: [
      holder("a1f3", {}),
      holder("b7c2", {
        address: "10.20.3.87",
        addresses: ["10.20.3.87", "fd00:20::57"],
        counter: 408,
        started_ns: nowNs - 1380e9,
        differs: ["hardware id", "network cards"],
      }),
    ],
  };
  node.clone = { id: clone.id, kind: "living", since_ns: clone.created_ns, holders: 2, text };
  return clone;
}

export function clonePath([, id, deed], method, body, state, nodes) {
  if (!id) return state.clones;
  const found = need(
    state.clones.find((each) => each.id === id),
    "clone",
  );
  if (method === "GET") return found;
  if (deed === "fork") found.holders.find((each) => each.instance === body.holder).decision = "fork";
  else {
    found.state = "dismissed";
    nodes.get(found.node).clone = null;
  }
  return found;
}
