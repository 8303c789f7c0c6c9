"""Version 6: who holds a node's identity, copies of it, and certificates that were recovered.

Holders and clones are JSON: they are shown and compared, never searched by their parts.
"""

SQL = """
-- The run of an agent that was let in last, by which one that goes back is noticed.
CREATE TABLE node_holders (
    node   TEXT PRIMARY KEY REFERENCES nodes ON DELETE CASCADE,
    holder TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE clones (
    id         TEXT PRIMARY KEY,
    node       TEXT NOT NULL REFERENCES nodes ON DELETE CASCADE,
    state      TEXT NOT NULL CHECK (state IN ('open', 'forked', 'dismissed')),
    created_ns INTEGER NOT NULL,
    clone      TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX clones_by_node ON clones (node, created_ns);

-- Issued to a node whose certificate had ended, on proof of its old key.
ALTER TABLE credentials ADD COLUMN recovered INTEGER NOT NULL DEFAULT 0;
"""
