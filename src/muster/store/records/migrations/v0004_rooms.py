"""Version 4: settings of spaces, rules and roles of rooms, labels, nodes that leave by themselves.

`settings`, `rule` and `labels` are JSON; an empty rule is none.
"""

SQL = """
ALTER TABLE spaces ADD COLUMN settings TEXT NOT NULL DEFAULT '{}';
ALTER TABLE rooms ADD COLUMN rule TEXT NOT NULL DEFAULT '';
ALTER TABLE rooms ADD COLUMN agent_lifetime_s INTEGER NOT NULL DEFAULT 0;
ALTER TABLE nodes ADD COLUMN labels TEXT NOT NULL DEFAULT '{}';
ALTER TABLE nodes ADD COLUMN ephemeral_s INTEGER NOT NULL DEFAULT 0;
ALTER TABLE nodes ADD COLUMN address TEXT NOT NULL DEFAULT '';
CREATE INDEX nodes_that_leave ON nodes (id) WHERE ephemeral_s > 0;

-- Of a node that left by itself the history stays in the series store.
ALTER TABLE removed_nodes ADD COLUMN keeps_history INTEGER NOT NULL DEFAULT 0;

CREATE TABLE user_room_roles (
    user TEXT NOT NULL REFERENCES users ON DELETE CASCADE,
    room TEXT NOT NULL REFERENCES rooms ON DELETE CASCADE,
    role TEXT NOT NULL CHECK (role IN ('viewer', 'editor', 'admin')),
    PRIMARY KEY (user, room)
) STRICT, WITHOUT ROWID;
CREATE INDEX user_room_roles_by_room ON user_room_roles (room);
"""
