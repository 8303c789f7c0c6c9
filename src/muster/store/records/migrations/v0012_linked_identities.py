"""Version 12: identities at OpenID providers that a user has linked, beside those that made one."""

SQL = """
ALTER TABLE identities ADD COLUMN linked INTEGER NOT NULL DEFAULT 0;
"""
