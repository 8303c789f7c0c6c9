"""Version 5: proofs of tokens, what tokens may be limited to, claims that wait, evidence.

Of a token's secret the public key is kept in place of a hash. It cannot be made of the hash,
so tokens from before end here. Lists and mappings are JSON; "" and 0 stand for none.
"""

SQL = """
ALTER TABLE tokens RENAME COLUMN secret_sha256 TO proof_key;
UPDATE tokens SET
    proof_key  = '',
    revoked_ns = CASE WHEN revoked_ns = 0
        THEN CAST(strftime('%s', 'now') AS INTEGER) * 1000000000 ELSE revoked_ns END;
ALTER TABLE tokens ADD COLUMN labels      TEXT NOT NULL DEFAULT '{}';
ALTER TABLE tokens ADD COLUMN networks    TEXT NOT NULL DEFAULT '[]';
ALTER TABLE tokens ADD COLUMN hosts       TEXT NOT NULL DEFAULT '[]';
ALTER TABLE tokens ADD COLUMN per_hour    INTEGER NOT NULL DEFAULT 0;
ALTER TABLE tokens ADD COLUMN ephemeral_s INTEGER NOT NULL DEFAULT 0;
CREATE INDEX token_claims_by_time ON token_claims (token, claimed_ns);

-- Not only claims: whatever kind of entry an admin decides on. `token` may be forgotten by now.
CREATE TABLE claims_waiting (
    id          TEXT PRIMARY KEY,
    space       TEXT NOT NULL REFERENCES spaces ON DELETE CASCADE,
    token       TEXT NOT NULL,
    kind        TEXT NOT NULL CHECK (kind IN ('claim', 'reimage', 'recovery', 'air_gap')),
    key_sha256  TEXT NOT NULL,
    request     TEXT NOT NULL,
    name        TEXT NOT NULL,
    proposed_id TEXT NOT NULL,
    rooms       TEXT NOT NULL,
    address     TEXT NOT NULL,
    network     TEXT NOT NULL,
    facts       TEXT NOT NULL,
    evidence    TEXT NOT NULL,
    reasons     TEXT NOT NULL,
    looks_like  TEXT NOT NULL,
    why         TEXT NOT NULL,
    created_ns  INTEGER NOT NULL,
    expires_ns  INTEGER NOT NULL,
    decision    TEXT NOT NULL CHECK (decision IN ('', 'approved', 'denied')),
    decided_ns  INTEGER NOT NULL,
    decided_by  TEXT NOT NULL,
    note        TEXT NOT NULL,
    node        TEXT NOT NULL,
    UNIQUE (token, key_sha256, kind)
) STRICT, WITHOUT ROWID;
CREATE INDEX claims_waiting_by_space ON claims_waiting (space, decision);
CREATE INDEX claims_waiting_by_network ON claims_waiting (network, decision);

-- By what a machine is known again. One row per identifier.
CREATE TABLE node_evidence (
    node  TEXT NOT NULL REFERENCES nodes ON DELETE CASCADE,
    kind  TEXT NOT NULL CHECK (kind IN ('machine_id', 'dmi', 'mac', 'ssh')),
    value TEXT NOT NULL,
    PRIMARY KEY (node, kind, value)
) STRICT, WITHOUT ROWID;
CREATE INDEX node_evidence_by_value ON node_evidence (kind, value);
"""
