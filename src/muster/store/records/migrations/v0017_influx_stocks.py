"""Version 17: under which id the points of a database's policy are kept.

An id is never given again, so that what is left of a dropped policy is not taken for points
of a later one of its name.
"""

SQL = """
CREATE TABLE influx_stocks (
    id       TEXT PRIMARY KEY,
    database INTEGER NOT NULL REFERENCES influx_databases (number) ON DELETE CASCADE,
    policy   TEXT NOT NULL,
    UNIQUE (database, policy)
) STRICT;
"""
