"""Changes of one SQLite file that come at the same time, committed together.

A commit waits for the disk, and a thousand nodes that show a new certificate within a second
are a thousand changes. Each is a savepoint; who finds others waiting when it is done leaves
the transaction open to them, and the last commits for all. A change returns when its
transaction is on disk, or raises why it is not.
"""

import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

_BEGIN = ("BEGIN IMMEDIATE", "SAVEPOINT change")
_KEEP = ("RELEASE change",)
_UNDO = ("ROLLBACK TO change", "RELEASE change")


class _Together:
    """A transaction and what became of it."""

    def __init__(self, writer: sqlite3.Connection) -> None:
        self.writer = writer
        self.changes = 0
        self.ended = threading.Event()
        self.error: sqlite3.Error | None = None

    def wait(self) -> None:
        """Until it is on disk. Errors: of SQLite, as the commit met it."""
        self.ended.wait()
        if self.error is not None:
            raise type(self.error)(*self.error.args) from self.error


class Commits:
    """The transactions of one connection; `lock` is held while a change is made.

    `ended` is called under it after each, before those who wait for it are told.
    """

    def __init__(
        self, lock: threading.RLock, *, most: int, ended: Callable[[], None] = lambda: None
    ) -> None:
        self._ended = ended
        self._lock = lock
        self._most = most
        self._counting = threading.Lock()
        self._waiting = 0
        self._open: _Together | None = None

    @contextmanager
    def change(self, opened: Callable[[], sqlite3.Connection]) -> Iterator[sqlite3.Connection]:
        """One change. Errors: of SQLite."""
        with self._counting:
            self._waiting += 1
        with self._lock:
            with self._counting:
                self._waiting -= 1
            try:
                together = self._join(opened)
                yield from self._make(together)
            finally:
                self._leave()
        together.wait()

    def _join(self, opened: Callable[[], sqlite3.Connection]) -> _Together:
        writer = opened()
        together = self._open
        if together is None:
            writer.execute(_BEGIN[0])
            together = self._open = _Together(writer)
        writer.execute(_BEGIN[1])
        together.changes += 1
        return together

    def _make(self, together: _Together) -> Iterator[sqlite3.Connection]:
        writer = together.writer
        try:
            yield writer
            _run(writer, _KEEP)
        except BaseException as error:
            if writer.in_transaction:
                _run(writer, _UNDO)
            else:  # a full disk has undone those before as well
                self._end(together, error)
            raise

    def _leave(self) -> None:
        """Commit, unless somebody waits who will."""
        together = self._open
        if together is not None and (together.changes >= self._most or not self._waiting):
            self.finish()

    def finish(self) -> None:
        """Commit what is open. The lock is held; what goes wrong the changes are told."""
        together = self._open
        if together is None:
            return
        error: BaseException | None = None
        try:
            together.writer.execute("COMMIT")
        except sqlite3.Error as failed:
            error = failed
            if together.writer.in_transaction:
                together.writer.execute("ROLLBACK")
        finally:
            self._end(together, error)

    def _end(self, together: _Together, error: BaseException | None) -> None:
        self._open = None
        if error is not None and not isinstance(error, sqlite3.Error):
            error = sqlite3.OperationalError(f"undone with another change: {error}")
        together.error = error
        self._ended()
        together.ended.set()


def _run(writer: sqlite3.Connection, statements: tuple[str, ...]) -> None:
    for statement in statements:
        writer.execute(statement)
