"""The hub's records in SQLite, and the file they are in."""
