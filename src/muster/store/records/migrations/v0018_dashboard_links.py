"""Version 18: public links to dashboards; of a link's text only the hash is kept."""

SQL = """
CREATE TABLE dashboard_links (
    id         TEXT PRIMARY KEY,
    space      TEXT NOT NULL REFERENCES spaces ON DELETE CASCADE,
    dashboard  TEXT NOT NULL,
    name       TEXT NOT NULL,
    sha256     TEXT NOT NULL UNIQUE,
    created_ns INTEGER NOT NULL,
    created_by TEXT NOT NULL,
    expires_ns INTEGER NOT NULL CHECK (expires_ns >= 0),
    used_ns    INTEGER NOT NULL,
    revoked_ns INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX dashboard_links_by_space ON dashboard_links (space, dashboard);
"""
