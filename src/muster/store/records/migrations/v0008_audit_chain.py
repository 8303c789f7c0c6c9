"""Version 8: audit events are chained by hash, are never changed, and go only from the old end.

`audit_checkpoint` is where the chain begins: the last event that was forgotten and its hash.
Events of before this step have no hash yet; the first opening gives them theirs, in Python,
for SQLite has no SHA-256. Source: docs/formats/records.md
"""

SQL = """
ALTER TABLE audit ADD COLUMN hash TEXT NOT NULL DEFAULT '';

CREATE TABLE audit_checkpoint (
    one  INTEGER PRIMARY KEY CHECK (one = 1),
    id   INTEGER NOT NULL,
    hash TEXT NOT NULL
) STRICT;
INSERT INTO audit_checkpoint SELECT 1, coalesce(
    (SELECT min(id) - 1 FROM audit),
    (SELECT seq FROM sqlite_sequence WHERE name = 'audit'),
    0
), '0000000000000000000000000000000000000000000000000000000000000000';

CREATE TRIGGER audit_is_never_changed BEFORE UPDATE ON audit
WHEN OLD.hash <> '' OR NEW.hash = '' BEGIN
    SELECT RAISE(ABORT, 'audit events are never changed');
END;

CREATE TRIGGER audit_goes_from_the_old_end BEFORE DELETE ON audit
WHEN OLD.id > (SELECT id FROM audit_checkpoint) BEGIN
    SELECT RAISE(ABORT, 'audit events are forgotten with a checkpoint alone');
END;
"""
