"""Version 20: when agents of nodes began anew, and what had changed around them."""

SQL = """
CREATE TABLE node_marks (
    node    TEXT NOT NULL REFERENCES nodes ON DELETE CASCADE,
    time_ns INTEGER NOT NULL,
    mark    TEXT NOT NULL,
    PRIMARY KEY (node, time_ns)
) STRICT, WITHOUT ROWID;
"""
