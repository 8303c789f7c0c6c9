"""Version 16: databases and users of InfluxDB's wire, and the kinds of fields by shard.

Numbers are never given again, so that what is left of a dropped database is not taken for
that of a later one. Names of measurements and fields are bytes: they need not be text.
"""

SQL = """
CREATE TABLE influx_databases (
    number     INTEGER PRIMARY KEY AUTOINCREMENT,
    space      TEXT NOT NULL REFERENCES spaces (id),
    name       TEXT NOT NULL,
    created_ns INTEGER NOT NULL,
    definition TEXT NOT NULL,
    UNIQUE (space, name)
) STRICT;

CREATE TABLE influx_users (
    number        INTEGER PRIMARY KEY AUTOINCREMENT,
    name          TEXT NOT NULL UNIQUE,
    space         TEXT NOT NULL REFERENCES spaces (id) ON DELETE CASCADE,
    password_hash TEXT NOT NULL,
    admin         INTEGER NOT NULL,
    grants        TEXT NOT NULL,
    created_ns    INTEGER NOT NULL
) STRICT;
CREATE INDEX influx_users_by_space ON influx_users (space);

CREATE TABLE influx_shards (
    number   INTEGER PRIMARY KEY AUTOINCREMENT,
    database INTEGER NOT NULL REFERENCES influx_databases (number) ON DELETE CASCADE,
    policy   TEXT NOT NULL,
    start_ns INTEGER NOT NULL,
    end_ns   INTEGER NOT NULL,
    UNIQUE (database, policy, start_ns)
) STRICT;

CREATE TABLE influx_kinds (
    shard       INTEGER NOT NULL REFERENCES influx_shards (number) ON DELETE CASCADE,
    measurement BLOB NOT NULL,
    field       BLOB NOT NULL,
    kind        INTEGER NOT NULL,
    PRIMARY KEY (shard, measurement, field)
) STRICT, WITHOUT ROWID;
"""
