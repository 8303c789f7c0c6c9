"""Version 3: API tokens, by which programs act for a user."""

SQL = """
CREATE TABLE api_tokens (
    id         TEXT PRIMARY KEY,
    user       TEXT NOT NULL REFERENCES users ON DELETE CASCADE,
    name       TEXT NOT NULL,
    role       TEXT NOT NULL CHECK (role IN ('viewer', 'editor', 'admin')),
    sha256     TEXT NOT NULL UNIQUE,
    created_ns INTEGER NOT NULL,
    expires_ns INTEGER NOT NULL CHECK (expires_ns > created_ns),
    used_ns    INTEGER NOT NULL,
    revoked_ns INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX api_tokens_by_user ON api_tokens (user);
"""
