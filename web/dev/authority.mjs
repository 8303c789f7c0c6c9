// The certificate authority and its roll-over, as core/certificates/authorities.py answers. Whoever is offline does not follow.

import { uuid } from "./fleet.mjs";
import { Refusal } from "./refusal.mjs";

const YEAR_NS = 365 * 86400e9;
const wide = (text) => uuid(text).replaceAll("-", "").repeat(2);

const certificate = (subject, issuer, sha, from, years) => ({
  subject,
  issuer,
  serial: sha.slice(0, 16),
  sha256: sha,
  key_sha256: sha,
  names: [],
  not_before_ns: from,
  not_after_ns: from + years * YEAR_NS,
});

const rootOf = (number, from) =>
  certificate(`Muster Root CA${number > 1 ? ` ${number}` : ""}`, "", wide(`root ${number}`), from, 10);

/** What stands at the start. */
export function authority(nowNs) {
  return {
    ca: {
      phase: "steady",
      root_key: "here",
      exported_ns: 0,
      made: nowNs - 78 * 86400e9,
      roots: [rootOf(1, nowNs - 78 * 86400e9)],
      warnings: [],
    },
  };
}

function view({ ca }) {
  const [root] = ca.roots;
  const issuer = (kind) =>
    certificate(`Muster ${kind} CA`, root.subject, wide(kind + root.subject), ca.made, 3);
  return {
    hub: uuid("hub"),
    phase: ca.phase,
    root,
    roots: ca.roots,
    issuers: [issuer("Agents"), issuer("Servers")],
    pins: ca.roots.map((each) => each.key_sha256),
    anchors: "-----BEGIN CERTIFICATE-----\nMIIBinvented\n-----END CERTIFICATE-----\n",
    services: "",
    root_key: ca.root_key,
    exported_ns: ca.exported_ns,
    warnings: ca.warnings,
  };
}

function status({ ca }, nodes) {
  const alive = nodes.filter((node) => node.state !== "revoked");
  const away = alive.filter((node) => node.state === "offline");
  const moved = ca.phase === "activated";
  return {
    phase: ca.phase,
    nodes: alive.length,
    confirmed: ca.phase === "steady" ? 0 : alive.length - away.length,
    renewed: moved ? alive.length - away.length : 0,
    behind: moved
      ? away.map(({ id, name }) => ({ id, name, why: "its certificate is of the old CA and has ended" }))
      : [],
  };
}

const WANTED = { prepare: "steady", activate: "prepared", retire: "activated", abort: "prepared" };

export function caPath([, what, step], method, body, state, nodes, nowNs) {
  const { ca } = state;
  if (!what) return view(state);
  if (method === "GET") return status(state, nodes);
  if (step && ca.phase !== WANTED[step])
    throw new Refusal(409, "conflict", `the CA is ${ca.phase}: this is not the time to ${step}`);
  const { behind } = status(state, nodes);
  if (step === "prepare") ca.roots = [...ca.roots, rootOf(ca.roots.length + 1, nowNs)];
  if (step === "activate") ca.roots = ca.roots.toReversed();
  if (step === "abort") ca.roots = ca.roots.slice(0, 1);
  if (step === "retire") {
    if (behind.length && !body.force)
      throw new Refusal(409, "conflict", `${behind.length} nodes still go by the old root`);
    ca.roots = ca.roots.slice(0, 1);
  }
  if (step) ca.phase = { prepare: "prepared", activate: "activated" }[step] ?? "steady";
  else ca.made = nowNs;
  return status(state, nodes);
}

/** What the public page /trust shows. */
export function trustOf(state) {
  const { hub, roots, anchors } = view(state);
  return { hub, roots, pem: anchors, own_certificate: true };
}
