"""Version 1: spaces, rooms, nodes, credentials, tokens, people, audit.

Ids are UUID texts, times int64 nanoseconds UTC, digests lower-case hex. A secret is never
here, only its hash.
"""

SQL = """
CREATE TABLE spaces (
    id   TEXT PRIMARY KEY,
    name TEXT NOT NULL UNIQUE
) STRICT, WITHOUT ROWID;

CREATE TABLE rooms (
    id    TEXT PRIMARY KEY,
    space TEXT NOT NULL REFERENCES spaces,
    name  TEXT NOT NULL,
    UNIQUE (space, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE nodes (
    id             TEXT PRIMARY KEY,
    space          TEXT NOT NULL REFERENCES spaces,
    name           TEXT NOT NULL,
    created_ns     INTEGER NOT NULL,
    last_seen_ns   INTEGER NOT NULL,
    revoked_ns     INTEGER NOT NULL,
    revoked_reason TEXT NOT NULL,
    renamed_from   TEXT NOT NULL,
    facts          TEXT NOT NULL,
    UNIQUE (space, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE node_rooms (
    node TEXT NOT NULL REFERENCES nodes ON DELETE CASCADE,
    room TEXT NOT NULL REFERENCES rooms ON DELETE CASCADE,
    PRIMARY KEY (node, room)
) STRICT, WITHOUT ROWID;
CREATE INDEX node_rooms_by_room ON node_rooms (room);

-- Ids that had a node once: its history may still be in the series store.
CREATE TABLE removed_nodes (
    id         TEXT PRIMARY KEY,
    space      TEXT NOT NULL,
    name       TEXT NOT NULL,
    removed_ns INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE credentials (
    sha256        TEXT PRIMARY KEY,
    serial        TEXT NOT NULL UNIQUE,
    node          TEXT NOT NULL REFERENCES nodes ON DELETE CASCADE,
    key_sha256    TEXT NOT NULL,
    issuer        TEXT NOT NULL,
    not_before_ns INTEGER NOT NULL,
    not_after_ns  INTEGER NOT NULL,
    state         TEXT NOT NULL CHECK (state IN ('next', 'active', 'retired', 'revoked'))
) STRICT;
CREATE INDEX credentials_by_node ON credentials (node, not_after_ns);
CREATE INDEX credentials_by_key ON credentials (key_sha256);
CREATE UNIQUE INDEX one_active_credential ON credentials (node) WHERE state = 'active';
CREATE UNIQUE INDEX one_next_credential ON credentials (node) WHERE state = 'next';

CREATE TABLE tokens (
    id            TEXT PRIMARY KEY,
    space         TEXT NOT NULL REFERENCES spaces,
    secret_sha256 TEXT NOT NULL,
    created_ns    INTEGER NOT NULL,
    expires_ns    INTEGER NOT NULL,
    uses          INTEGER NOT NULL,
    used          INTEGER NOT NULL CHECK (used BETWEEN 0 AND uses),
    revoked_ns    INTEGER NOT NULL,
    created_by    TEXT NOT NULL,
    description   TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE token_rooms (
    token TEXT NOT NULL REFERENCES tokens ON DELETE CASCADE,
    room  TEXT NOT NULL REFERENCES rooms ON DELETE CASCADE,
    PRIMARY KEY (token, room)
) STRICT, WITHOUT ROWID;
CREATE INDEX token_rooms_by_room ON token_rooms (room);

-- A claim outlives its node, so that it can be told what a token let in.
CREATE TABLE token_claims (
    token      TEXT NOT NULL REFERENCES tokens ON DELETE CASCADE,
    key_sha256 TEXT NOT NULL,
    node       TEXT NOT NULL,
    name       TEXT NOT NULL,
    claimed_ns INTEGER NOT NULL,
    PRIMARY KEY (token, key_sha256)
) STRICT, WITHOUT ROWID;

CREATE TABLE users (
    id            TEXT PRIMARY KEY,
    name          TEXT NOT NULL UNIQUE,
    password_hash TEXT NOT NULL,
    created_ns    INTEGER NOT NULL,
    disabled      INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE user_roles (
    user  TEXT NOT NULL REFERENCES users ON DELETE CASCADE,
    space TEXT NOT NULL REFERENCES spaces ON DELETE CASCADE,
    role  TEXT NOT NULL CHECK (role IN ('viewer', 'editor', 'admin')),
    PRIMARY KEY (user, space)
) STRICT, WITHOUT ROWID;

CREATE TABLE sessions (
    id_sha256  TEXT PRIMARY KEY,
    user       TEXT NOT NULL REFERENCES users ON DELETE CASCADE,
    created_ns INTEGER NOT NULL,
    seen_ns    INTEGER NOT NULL,
    address    TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX sessions_by_user ON sessions (user);

CREATE TABLE audit (
    id      INTEGER PRIMARY KEY AUTOINCREMENT,
    time_ns INTEGER NOT NULL,
    actor   TEXT NOT NULL,
    action  TEXT NOT NULL,
    object  TEXT NOT NULL,
    address TEXT NOT NULL,
    outcome TEXT NOT NULL,
    detail  TEXT NOT NULL,
    space   TEXT NOT NULL
) STRICT;
"""
