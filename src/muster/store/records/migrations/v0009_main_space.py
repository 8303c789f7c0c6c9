"""Version 9: which space is the hub's own, made at its first start.

Until now a hub had one space; should a file hold several, the first by name is it.
"""

SQL = """
ALTER TABLE spaces ADD COLUMN main INTEGER NOT NULL DEFAULT 0;
UPDATE spaces SET main = 1 WHERE name = (SELECT min(name) FROM spaces);
CREATE UNIQUE INDEX one_main_space ON spaces (main) WHERE main = 1;
"""
