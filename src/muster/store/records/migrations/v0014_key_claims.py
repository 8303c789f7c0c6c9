"""Version 14: nodes that prove themselves by a key, and those that another one speaks for.

Both tables name nodes that may be gone: who was removed is told so for ever.
"""

SQL = """
ALTER TABLE nodes ADD COLUMN dialect TEXT NOT NULL DEFAULT 'muster';

CREATE TABLE key_claims (
    id          TEXT PRIMARY KEY,
    dialect     TEXT NOT NULL,
    node        TEXT NOT NULL,
    space       TEXT NOT NULL,
    machine     TEXT NOT NULL,
    key_pem     TEXT NOT NULL,
    key_sha256  TEXT NOT NULL,
    token       TEXT NOT NULL,
    claimed_ns  INTEGER NOT NULL,
    replaced_ns INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX key_claims_by_node ON key_claims (node, claimed_ns);
CREATE INDEX key_claims_by_key ON key_claims (key_sha256, claimed_ns);

CREATE TABLE members (
    dialect TEXT NOT NULL,
    machine TEXT NOT NULL,
    space   TEXT NOT NULL,
    node    TEXT NOT NULL,
    via     TEXT NOT NULL,
    hops    INTEGER NOT NULL,
    PRIMARY KEY (dialect, machine, space)
) STRICT, WITHOUT ROWID;
CREATE INDEX members_by_node ON members (node);
CREATE INDEX members_by_via ON members (via) WHERE via <> '';
"""
