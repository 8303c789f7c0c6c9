"""Version 11: certificates for other services, their revocation list, and warnings of what ends."""

SQL = """
CREATE TABLE services (
    id            TEXT PRIMARY KEY,
    name          TEXT NOT NULL,
    names         TEXT NOT NULL,
    client        INTEGER NOT NULL,
    server        INTEGER NOT NULL,
    serial        TEXT NOT NULL,
    issuer        TEXT NOT NULL,
    key_sha256    TEXT NOT NULL,
    not_before_ns INTEGER NOT NULL,
    not_after_ns  INTEGER NOT NULL,
    created_ns    INTEGER NOT NULL,
    created_by    TEXT NOT NULL,
    imported      INTEGER NOT NULL DEFAULT 0,
    replaced_by   TEXT NOT NULL DEFAULT '',
    revoked_ns    INTEGER NOT NULL DEFAULT 0,
    reason        TEXT NOT NULL DEFAULT '',
    chain         TEXT NOT NULL,
    UNIQUE (issuer, serial)
) STRICT, WITHOUT ROWID;
CREATE INDEX services_by_end ON services (not_after_ns);

-- Of the newest list of these. It grows with each revocation and each day.
CREATE TABLE service_list (
    id     INTEGER PRIMARY KEY CHECK (id = 1),
    number INTEGER NOT NULL
) STRICT;
INSERT INTO service_list VALUES (1, 1);

CREATE TABLE expiry_warnings (
    id           TEXT NOT NULL,
    days         INTEGER NOT NULL,
    not_after_ns INTEGER NOT NULL,
    PRIMARY KEY (id, days)
) STRICT, WITHOUT ROWID;
"""
