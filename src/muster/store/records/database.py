"""One SQLite file: connections, transactions, schema version, backup.

Durability: WAL with synchronous=FULL, so a change that returned is on disk. Changes that come
at the same time share one transaction, and so one fsync (store/records/commits.py). Readers have a
connection of their own and never wait for a writer's fsync. The file is 0600.
Steps of schema are in migrations/; a newer schema than ours is refused, never guessed at.
"""

import functools
import os
import shutil
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec

from muster.errors import Conflict, SettingsError, Unavailable
from muster.store.records.commits import Commits
from muster.store.records.migrations import MIGRATIONS
from muster.store.records.watchedtables import WatchedTables

MEMORY = Path(":memory:")  # for tests: all in one connection
APPLICATION_ID = 0x6D737472  # "mstr": tells our file from another's

_BUSY_S = 10.0
_FULL_BYTES = 1 << 20
_TOGETHER = 64  # changes in one transaction

Row = tuple[Any, ...]
_rows = msgspec.json.Decoder(list[Row]).decode


class Database:
    """A SQLite file with one writer at a time and readers beside it. Any thread may call.

    Errors: Unavailable when the disk fails or is full, Conflict when a constraint is broken.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._writing = threading.RLock()
        self._reading = self._writing if path == MEMORY else threading.RLock()
        self._writer: sqlite3.Connection | None = None
        self._reader: sqlite3.Connection | None = None
        self.watched = WatchedTables()
        self._commits = Commits(
            self._writing, most=1 if path == MEMORY else _TOGETHER, ended=self.watched.ended
        )

    def open(self) -> None:
        """Make or open the file and bring its schema up to date.

        Errors: SettingsError when the file is no database of ours or of a newer Muster;
                Unavailable when the disk refuses.
        """
        with _translated(self._path, opening=True):
            if self._path != MEMORY:
                os.close(os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
            writer = _connect(self._path)
            try:
                if self._path == MEMORY:
                    writer.deserialize(_blank())
                _migrate(writer, self._path)
                self.watched.begin(writer)
                self._reader = writer if self._path == MEMORY else _connect(self._path)
            except BaseException:
                writer.close()
                raise
            self._writer = writer

    def close(self) -> None:
        """Fold the write-ahead log into the file and let go of it."""
        with self._writing, self._reading:
            self._commits.finish()
            for connection in (self._reader, self._writer):
                if connection is not None:
                    connection.close()  # closing twice is allowed
            self._reader = self._writer = None

    def all(self, sql: str, values: Sequence[object] = ()) -> list[Row]:
        with self._reading, _translated(self._path):
            return _opened(self._reader).execute(sql, values).fetchall()

    def table(self, sql: str, values: Sequence[object] = (), *, columns: int) -> list[Row]:
        """As `all`, for thousands of rows of so many columns without blobs.

        For each row Python's lock is given up and waited for: beside a busy event loop ten
        thousand take four seconds, with this connection held. So SQLite puts all into one text.
        """
        names = ", ".join(f"c{number}" for number in range(columns))
        found = self.one(
            f"WITH found({names}) AS ({sql})"  # noqa: S608 - the caller's own
            f" SELECT json_group_array(json_array({names})) FROM found",
            values,
        )
        return _rows(found[0]) if found else []

    def one(self, sql: str, values: Sequence[object] = ()) -> Row | None:
        with self._reading, _translated(self._path):
            row: Row | None = _opened(self._reader).execute(sql, values).fetchone()
            return row

    @contextmanager
    def change(self) -> Iterator[sqlite3.Connection]:
        """One change: on disk when the block ends, undone when it raises."""
        with (
            _translated(self._path),
            self._commits.change(lambda: _opened(self._writer)) as writer,
        ):
            yield writer

    @contextmanager
    def snapshot(self) -> Iterator[sqlite3.Connection]:
        """A connection that sees one moment for as long as the block takes; only to read by."""
        if self._path == MEMORY:
            with self._writing, _translated(self._path):
                yield _opened(self._writer)
            return
        with _translated(self._path):
            reader = _connect(self._path)
            try:
                reader.execute("BEGIN")
                yield reader
            finally:
                reader.close()

    def backup(self, target: Path) -> None:
        """Copy a consistent state into a new file (0600) while writing goes on, and verify it.

        Errors: Unavailable; a partial target is removed.
        """
        with _translated(target):
            os.close(os.open(target, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
            try:
                self._copy(target)
            except BaseException:
                target.unlink(missing_ok=True)
                raise

    def _copy(self, target: Path) -> None:
        memory = self._path == MEMORY
        source = _opened(self._writer) if memory else _connect(self._path)
        copy = sqlite3.connect(target, isolation_level=None)
        try:
            # In one step: between steps a writer would make it begin again, for ever if busy.
            source.backup(copy)
            copy.execute("PRAGMA journal_mode = DELETE")  # one file, nothing beside it
            if copy.execute("SELECT 1 FROM sqlite_schema WHERE name = 'restores'").fetchone():
                copy.execute("INSERT INTO restores VALUES (0)")  # a copy, not yet in use
            found = copy.execute("PRAGMA integrity_check").fetchone()[0]
            if found != "ok":
                raise Unavailable(f"{target}: the copy is damaged: {found}")
        finally:
            copy.close()
            if not memory:
                source.close()


def holds_anything(path: Path) -> bool:
    """Whether a SQLite file is there and was ever given a schema.

    One that can't be read holds something too: whoever opens it is told what is wrong.
    """
    if not path.exists():
        return False
    try:
        connection = sqlite3.connect(path)
        try:
            return bool(connection.execute("PRAGMA user_version").fetchone()[0])
        finally:
            connection.close()
    except sqlite3.Error:
        return True


def check_sound(path: Path) -> None:
    """Read a SQLite file whole. Errors: Unavailable when it is damaged or can't be read."""
    with _translated(path):
        connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)
        try:
            found = connection.execute("PRAGMA integrity_check").fetchone()[0]
        finally:
            connection.close()
    if found != "ok":
        raise Unavailable(f"{path} is damaged: {found}")


def _opened(connection: sqlite3.Connection | None) -> sqlite3.Connection:
    if connection is None:
        raise Unavailable("records are closed")
    return connection


def _connect(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(
        path, timeout=_BUSY_S, isolation_level=None, check_same_thread=False
    )
    for pragma in ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON"):
        connection.execute(f"PRAGMA {pragma}")
    return connection


@functools.cache
def _blank() -> bytes:
    """Records with their schema and nothing in it: thousands of tests begin with them."""
    connection = _connect(MEMORY)
    try:
        _migrate(connection, MEMORY)
        return connection.serialize()
    finally:
        connection.close()


def _migrate(connection: sqlite3.Connection, path: Path) -> None:
    application = connection.execute("PRAGMA application_id").fetchone()[0]
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    empty = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0] == 0
    if application != APPLICATION_ID and not empty:
        raise SettingsError("a database, but not of Muster's records", str(path))
    if version > len(MIGRATIONS):
        raise SettingsError(
            f"schema {version} is newer than this Muster reads ({len(MIGRATIONS)}); "
            "start the newer Muster again, or restore a backup made before it",
            str(path),
        )
    for number, sql in enumerate(MIGRATIONS[version:], version + 1):
        script = (
            f"BEGIN IMMEDIATE;{sql};PRAGMA application_id = {APPLICATION_ID};"
            f"PRAGMA user_version = {number};COMMIT;"
        )
        try:
            connection.executescript(script)
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise


@contextmanager
def _translated(path: Path, *, opening: bool = False) -> Iterator[None]:
    """SQLite's errors as ours. Damage is the start's to refuse; found later, it is the hub's."""
    try:
        yield
    except sqlite3.IntegrityError as error:
        raise Conflict(f"{path.name}: {error}") from error
    except sqlite3.OperationalError as error:
        raise Unavailable(f"{path}: {error}{_full(path)}") from error
    except sqlite3.ProgrammingError:
        raise  # ours to mend
    except sqlite3.DatabaseError as error:
        text = f"not a database that can be read ({error}); restore it from a backup"
        if opening:
            raise SettingsError(text, str(path)) from error
        raise Unavailable(f"{path}: {text}", retry_after_s=60) from error
    except OSError as error:
        raise Unavailable(f"{path}: {error.strerror}") from error


def _full(path: Path) -> str:
    """What SQLite calls an I/O error is often a full disk. Empty when it is not."""
    try:
        free = shutil.disk_usage(path.parent).free
    except OSError:
        return ""
    return " (the disk is full)" if free < _FULL_BYTES else ""
