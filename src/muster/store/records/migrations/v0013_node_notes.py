"""Version 13: what faces remember of nodes from one link to the next."""

SQL = """
CREATE TABLE node_notes (
    node  TEXT NOT NULL REFERENCES nodes ON DELETE CASCADE,
    topic TEXT NOT NULL,
    note  BLOB NOT NULL,
    PRIMARY KEY (node, topic)
) STRICT;
"""
