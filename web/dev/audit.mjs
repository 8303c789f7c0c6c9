// The audit log with its chain of hashes, as core/audit.py answers; /mock/forge alters an event.

import { createHash } from "node:crypto";

const hashOf = (before, { hash, ...event }) =>
  createHash("sha256").update(before).update(JSON.stringify(event)).digest("hex");
const GENESIS = "0".repeat(64);

/** An event with its number and its hash, after the one before. */
export function chained(before, words) {
  const event = { id: (before?.id ?? 0) + 1, ...words };
  return { ...event, hash: hashOf(before?.hash ?? GENESIS, event) };
}

export function auditPath([, what], query, audit) {
  if (what === "verify") return verify(audit);
  const limit = Number(query.get("limit") ?? 100);
  if (query.has("after")) {
    const after = Number(query.get("after"));
    return audit
      .filter((event) => event.id > after)
      .toReversed()
      .slice(0, limit);
  }
  const before = Number(query.get("before") || Infinity);
  return audit.filter((event) => event.id < before).slice(0, limit);
}

function verify(audit) {
  let last = { id: 0, hash: GENESIS };
  for (const event of audit.toReversed()) {
    if (hashOf(last.hash, event) !== event.hash)
      return report(last, {
        event: event.id,
        what: "altered",
        text: "its words and its hash do not belong together",
      });
    last = event;
  }
  return report(last, null);
}

const report = ({ id, hash }, fault) => ({
  ok: fault === null,
  events: id,
  begins: { id: 0, hash: GENESIS },
  newest: { id, hash },
  fault,
});
