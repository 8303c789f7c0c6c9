"""How often tables have changed, so that what was read of them may be kept until then.

SQLite says whether anything in a file is another than before, not what; and while ten thousand
agents come back, something is each second. So triggers count. They are those of the connection
that writes (TEMP), and are not in the file.
"""

import sqlite3
from collections.abc import Mapping
from enum import StrEnum


class Subject(StrEnum):
    """What is counted."""

    NODES = "nodes"  # with their rooms, without when they were last seen
    CREDENTIALS = "credentials"
    TOKENS = "tokens"  # without how often they were used


_TABLES: Mapping[Subject, tuple[str, ...]] = {
    Subject.NODES: ("nodes", "node_rooms"),
    Subject.CREDENTIALS: ("credentials",),
    Subject.TOKENS: ("tokens",),
}
# Columns that are not counted: of all nodes every ten seconds, of tokens with each claim
_OFTEN = {"last_seen_ns", "used"}


class WatchedTables:
    """The counters of one file. Any thread may ask; told of is while the lock to write is held."""

    def __init__(self) -> None:
        self._counts = dict.fromkeys(Subject, 0)
        self._made: set[Subject] = set()  # in the transaction that is open

    def begin(self, writer: sqlite3.Connection) -> None:
        """From here on count what this connection changes. Tables that are not there are left out.

        Errors: of SQLite.
        """
        writer.create_function("watched", 1, self._note)
        for subject, tables in _TABLES.items():
            for table in tables:
                columns = [row[1] for row in writer.execute(f"PRAGMA table_info({table})")]
                counted = ", ".join(name for name in columns if name not in _OFTEN)
                for moment in ("INSERT", "DELETE", f"UPDATE OF {counted}") if columns else ():
                    writer.execute(
                        f"CREATE TEMP TRIGGER watched_{table}_{moment[:6]} AFTER {moment}"
                        f" ON main.{table} BEGIN SELECT watched('{subject}'); END"
                    )

    def count(self, subject: Subject) -> int:
        """Another number after each change. Taken before a look at the table, it is never late."""
        return self._counts[subject]

    def _note(self, subject: str) -> None:
        self._made.add(Subject(subject))

    def ended(self) -> None:
        """The transaction is on disk, or undone; nobody who waits for it has been told yet.

        Who has looked while it was made has seen what was before, under the number of before.
        """
        for subject in self._made:
            self._counts[subject] += 1
        self._made.clear()
