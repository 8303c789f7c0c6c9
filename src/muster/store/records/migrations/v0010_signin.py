"""Version 10: passkeys, identities at OpenID providers, invitations; what API tokens are good for.

`scope` of API tokens and the roles of invitations are JSON.
"""

SQL = """
ALTER TABLE users ADD COLUMN require_passkey INTEGER NOT NULL DEFAULT 0;

ALTER TABLE sessions ADD COLUMN method TEXT NOT NULL DEFAULT 'password';
ALTER TABLE sessions ADD COLUMN proved_ns INTEGER NOT NULL DEFAULT 0;
ALTER TABLE sessions ADD COLUMN passkey_ns INTEGER NOT NULL DEFAULT 0;

ALTER TABLE api_tokens ADD COLUMN scope TEXT NOT NULL DEFAULT '{}';

CREATE TABLE passkeys (
    id         TEXT PRIMARY KEY,
    user       TEXT NOT NULL REFERENCES users ON DELETE CASCADE,
    name       TEXT NOT NULL,
    domain     TEXT NOT NULL,
    public_key BLOB NOT NULL,
    sign_count INTEGER NOT NULL,
    created_ns INTEGER NOT NULL,
    used_ns    INTEGER NOT NULL,
    synced     INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX passkeys_by_user ON passkeys (user);

CREATE TABLE identities (
    issuer     TEXT NOT NULL,
    subject    TEXT NOT NULL,
    user       TEXT NOT NULL REFERENCES users ON DELETE CASCADE,
    provider   TEXT NOT NULL,
    created_ns INTEGER NOT NULL,
    used_ns    INTEGER NOT NULL,
    PRIMARY KEY (issuer, subject)
) STRICT, WITHOUT ROWID;
CREATE INDEX identities_by_user ON identities (user);

CREATE TABLE invitations (
    id         TEXT PRIMARY KEY,
    sha256     TEXT NOT NULL UNIQUE,
    user       TEXT NOT NULL UNIQUE,
    name       TEXT NOT NULL,
    roles      TEXT NOT NULL,
    room_roles TEXT NOT NULL,
    created_ns INTEGER NOT NULL,
    expires_ns INTEGER NOT NULL CHECK (expires_ns > created_ns),
    created_by TEXT NOT NULL,
    used_ns    INTEGER NOT NULL DEFAULT 0,
    revoked_ns INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;
"""
