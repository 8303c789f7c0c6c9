"""Version 19: probes of a space, and the nodes and rooms that run them."""

SQL = """
CREATE TABLE probes (
    id         TEXT PRIMARY KEY,
    space      TEXT NOT NULL REFERENCES spaces ON DELETE CASCADE,
    probe      TEXT NOT NULL,
    nodes      TEXT NOT NULL,
    rooms      TEXT NOT NULL,
    enabled    INTEGER NOT NULL CHECK (enabled IN (0, 1)),
    created_ns INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX probes_by_space ON probes (space, created_ns);
"""
