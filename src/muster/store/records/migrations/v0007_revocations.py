"""Version 7: what revocation lists say, and which roots nodes have confirmed.

Lists are filled by triggers, so that no way to revoke or remove a node can forget them. A
certificate stays listed until its end, also when its node is gone.
"""

SQL = """
CREATE TABLE revocations (
    serial       TEXT PRIMARY KEY,
    revoked_ns   INTEGER NOT NULL,
    not_after_ns INTEGER NOT NULL,
    reason       TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX revocations_by_end ON revocations (not_after_ns);

-- Of the newest list. It grows with each revocation and each day.
CREATE TABLE revocation_list (
    id     INTEGER PRIMARY KEY CHECK (id = 1),
    number INTEGER NOT NULL
) STRICT;
INSERT INTO revocation_list VALUES (1, 1);

CREATE TRIGGER credential_revoked AFTER UPDATE OF state ON credentials
WHEN NEW.state = 'revoked' AND OLD.state <> 'revoked' BEGIN
    INSERT OR IGNORE INTO revocations
    SELECT NEW.serial, iif(revoked_ns > 0, revoked_ns,
        CAST(strftime('%s', 'now') AS INTEGER) * 1000000000), NEW.not_after_ns, ''
    FROM nodes WHERE id = NEW.node;
    UPDATE revocation_list SET number = number + 1;
END;

CREATE TRIGGER node_removed BEFORE DELETE ON nodes BEGIN
    INSERT OR IGNORE INTO revocations
    SELECT serial, coalesce((SELECT removed_ns FROM removed_nodes WHERE id = OLD.id),
        CAST(strftime('%s', 'now') AS INTEGER) * 1000000000), not_after_ns,
        'cessation_of_operation'
    FROM credentials WHERE node = OLD.id;
    UPDATE revocation_list SET number = number + 1;
END;

INSERT INTO revocations
SELECT serial, revoked_ns, not_after_ns, '' FROM credentials JOIN nodes ON nodes.id = node
WHERE state = 'revoked';

-- SHA-256 of the anchors that a node has stored, in its own words, while roots are replaced.
CREATE TABLE node_anchors (
    node         TEXT PRIMARY KEY REFERENCES nodes ON DELETE CASCADE,
    sha256       TEXT NOT NULL,
    confirmed_ns INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
"""
