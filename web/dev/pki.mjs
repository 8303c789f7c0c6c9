// Certificates of other services and of the web listener, as faces/native/pki.py answers.

import { uuid } from "./fleet.mjs";
import { need, Refusal } from "./refusal.mjs";

const DAY_NS = 86400e9;
const wide = (text) => uuid(text).replaceAll("-", "").repeat(2);
const CHAIN =
  "-----BEGIN CERTIFICATE-----\nMIIBinvented0000000000000000000000000000000000000000000000000000000\n-----END CERTIFICATE-----\n".repeat(
    2,
  );

const service = (name, nowNs, change) => ({
  id: uuid(`service ${name}`).slice(0, 8),
  name,
  names: [name],
  client: false,
  server: true,
  state: "valid",
  serial: wide(name).slice(0, 32),
  issuer: wide("services"),
  key_sha256: wide(`key ${name}`),
  not_before_ns: nowNs - 60 * DAY_NS,
  not_after_ns: nowNs + 30 * DAY_NS,
  created_ns: nowNs - 60 * DAY_NS,
  created_by: "admin",
  imported: false,
  replaced_by: "",
  revoked_ns: 0,
  reason: "",
  chain: "",
  ...change,
});

export const services = (nowNs) => ({
  newIssuers: 0,
  services: [
    service("printer.harbour.lan", nowNs, { not_after_ns: nowNs + 6 * DAY_NS }),
    service("nas.harbour.lan", nowNs, { names: ["nas.harbour.lan", "nas", "10.20.1.7"] }),
    service("backup-7", nowNs, { client: true, server: false, not_after_ns: nowNs + 300 * DAY_NS }),
    service("grafana", nowNs, { imported: true, not_after_ns: nowNs + 36000 * DAY_NS }),
    service("old-proxy", nowNs, { state: "revoked", revoked_ns: nowNs - DAY_NS, reason: "key_compromise" }),
  ],
});

const authority = (subject, nowNs) => ({
  subject,
  issuer: "",
  serial: "1",
  sha256: wide(subject),
  key_sha256: wide(subject),
  names: [],
  not_before_ns: nowNs,
  not_after_ns: nowNs + 3650 * DAY_NS,
});

export function pkiPath([, what, id, deed], method, body, state, nowNs) {
  if (what === "issuer") state.newIssuers += 1;
  if (!what || what === "issuer")
    return {
      issuers: ["Muster Services CA", "Muster Services CA 2"]
        .slice(0, 1 + state.newIssuers)
        .reverse()
        .map((subject) => authority(subject, nowNs)),
      pem: CHAIN,
    };
  if (what === "bundle") return { pem: CHAIN };
  if (what === "web")
    return {
      source: "own",
      names: ["hub.harbour.lan", "10.20.1.2"],
      not_before_ns: nowNs - DAY_NS,
      not_after_ns: nowNs + 20 * DAY_NS,
      fault: "",
      next_ns: 0,
    };
  if (what === "expiring")
    return state.services
      .filter((each) => each.state === "valid" && each.not_after_ns < nowNs + 30 * DAY_NS)
      .map(({ id, name, not_after_ns }) => ({
        kind: "service",
        id,
        name,
        not_after_ns,
        days: Math.floor((not_after_ns - nowNs) / DAY_NS),
        remedy: `muster pki renew ${name}`,
      }));
  if (method === "POST" && !id) return signed(body, state, nowNs);
  if (!id) return state.services;
  const found = need(
    state.services.find((each) => each.id === id),
    "certificate",
  );
  if (deed === "revoke") Object.assign(found, { state: "revoked", revoked_ns: nowNs, reason: body.reason });
  if (deed === "renew") {
    found.state = "replaced";
    return signed({ ...found, ...body, lifetime_s: 90 * 86400 }, state, nowNs);
  }
  return deed ? found : { ...found, chain: CHAIN };
}

function signed({ request, names, name, client, server, lifetime_s }, state, nowNs) {
  if (!request.includes("BEGIN CERTIFICATE REQUEST"))
    throw new Refusal(400, "bad_input", "this is no certificate request, PEM");
  const made = service(name || names[0], nowNs, {
    id: uuid(`service ${name} ${state.services.length}`).slice(0, 8),
    names,
    client,
    server,
    not_before_ns: nowNs,
    not_after_ns: nowNs + lifetime_s * 1e9,
  });
  state.services.unshift(made);
  return { ...made, chain: CHAIN };
}
