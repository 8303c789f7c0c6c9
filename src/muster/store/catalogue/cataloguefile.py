"""The catalogue's durable half: `catalogue.sqlite`. Plain reads and writes, no index.

Calls come from the loop's thread and the writer's: one connection under one lock.
Format: docs/formats/catalogue.md
"""

import sqlite3
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from muster.errors import SettingsError, Unavailable
from muster.model.ids import NodeId

VERSION = 1
_PIECE = 50_000  # rows that are read at once
Newest = dict[tuple[NodeId, str], int]  # node, measurement -> time
Body = Callable[[sqlite3.Connection], None]
# Texts lie in the order in which they came: by hash, the names of a segment would be on all pages.
_SCHEMA = """
create table tagsets (hash integer not null, text text not null, salt integer not null);
create unique index tagsets_by_hash on tagsets (hash);
create table fields (
    hash integer primary key, measurement text not null, field text not null,
    salt integer not null);
create table series (
    tags integer, field integer, kind integer, primary key (tags, field, kind)) without rowid;
create table sequences (
    node text, epoch text, sequence integer not null, primary key (node, epoch)) without rowid;
create table newest (
    node text, measurement text, time_ns integer not null,
    primary key (node, measurement)) without rowid;
create table stored (one integer primary key check (one = 1), segment integer not null);
insert into stored values (1, 0);
pragma user_version = 1;
"""


_COUNTS = """
select (select count(*) from tagsets), (select count(*) from fields), (select count(*) from series)
"""


class Marks(NamedTuple):
    """What the engine has. `newest` is the newest time per node and measurement."""

    segment: int
    sequences: dict[tuple[NodeId, str], int]
    newest: Newest


TagSetRow = tuple[int, str, int]  # hash, text, salt
FieldRow = tuple[int, str, str, int]  # hash, measurement, field, salt
SeriesRow = tuple[int, int, int]  # tags, field, kind


class Additions(NamedTuple):
    """Names that are not on disk yet. Hashes are signed."""

    tagsets: Iterable[TagSetRow]
    fields: Iterable[FieldRow]
    series: Iterable[SeriesRow]


class CatalogueFile:
    """Open, read once, then write batches.

    Errors: SettingsError for a damaged file, Unavailable for one that cannot be used now.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._connection: sqlite3.Connection | None = None

    def open(self) -> None:
        try:
            connection = sqlite3.connect(
                self._path, isolation_level=None, check_same_thread=False, timeout=10
            )
            connection.execute("pragma journal_mode=wal")
            connection.execute("pragma synchronous=full")
            (version,) = connection.execute("pragma user_version").fetchone()
            if version == 0:
                connection.executescript(f"begin; {_SCHEMA} commit;")
            elif version != VERSION:
                connection.close()
                raise Unavailable(
                    f"{self._path} has format {version}, this hub knows {VERSION}: "
                    "start the release that wrote it"
                )
            self._path.chmod(0o600)
        except sqlite3.OperationalError as error:
            raise Unavailable(f"{self._path} cannot be opened: {error}") from error
        except sqlite3.Error as error:
            text = f"not a catalogue that can be read ({error}); restore it from a backup"
            raise SettingsError(text, str(self._path)) from error
        self._connection = connection

    def close(self) -> None:
        with self._lock:
            if self._connection is not None:
                self._connection.close()
                self._connection = None

    def marks(self) -> Marks:
        with self._lock:
            base = self._open()
            (number,) = base.execute("select segment from stored").fetchone()
            sequences = {
                (NodeId(node), epoch): sequence
                for node, epoch, sequence in base.execute(
                    "select node, epoch, sequence from sequences"
                )
            }
            newest = {
                (NodeId(node), measurement): time_ns
                for node, measurement, time_ns in base.execute(
                    "select node, measurement, time_ns from newest"
                )
            }
            return Marks(number, sequences, newest)

    def counts(self) -> tuple[int, int, int] | None:
        """How many rows there are of tag sets, fields and series; None where nobody can say."""
        with self._lock:
            try:
                tagsets, fields, series = self._open().execute(_COUNTS).fetchone()
            except (Unavailable, sqlite3.Error):
                return None
        return tagsets, fields, series

    def tagsets(self) -> Iterator[list[TagSetRow]]:
        """All tag sets that are on disk, some at a time."""
        return self._pieces("select hash, text, salt from tagsets")

    def fields(self) -> Iterator[list[FieldRow]]:
        """All names of fields, likewise."""
        return self._pieces("select hash, measurement, field, salt from fields")

    def series(self) -> Iterator[list[SeriesRow]]:
        """All series, likewise."""
        return self._pieces("select tags, field, kind from series")

    def _pieces(self, statement: str) -> Iterator[list[Any]]:
        with self._lock:
            found = self._open().execute(statement)
            while rows := found.fetchmany(_PIECE):
                yield rows

    def write(self, new: Additions, marks: Marks | None = None) -> None:
        """Add names and, after a segment, move the marks: one transaction.

        What is new is asked for while nobody else can write.
        """

        def body(base: sqlite3.Connection) -> None:
            base.executemany("insert or ignore into tagsets values (?, ?, ?)", new.tagsets)
            base.executemany("insert or ignore into fields values (?, ?, ?, ?)", new.fields)
            base.executemany("insert or ignore into series values (?, ?, ?)", new.series)
            if marks is not None:
                _write_marks(base, marks.segment, marks.sequences, marks.newest)

        self._transaction(body)

    def remove(self, node: NodeId, tagsets: Sequence[int]) -> None:
        """Forget a node's names and marks."""

        def body(base: sqlite3.Connection) -> None:
            hashes = [(one,) for one in tagsets]
            base.executemany("delete from series where tags = ?", hashes)
            base.executemany("delete from tagsets where hash = ?", hashes)
            base.execute("delete from sequences where node = ?", (node,))
            base.execute("delete from newest where node = ?", (node,))

        self._transaction(body)

    def drop(self, series: Sequence[tuple[int, int, int]], tagsets: Sequence[int]) -> None:
        """Forget single series, and tag sets that have none any more."""

        def body(base: sqlite3.Connection) -> None:
            base.executemany("delete from series where tags = ? and field = ? and kind = ?", series)
            base.executemany("delete from tagsets where hash = ?", [(one,) for one in tagsets])

        self._transaction(body)

    def _transaction(self, body: Body) -> None:
        with self._lock:
            base = self._open()
            try:
                base.execute("begin immediate")
                body(base)
                base.execute("commit")
            except sqlite3.Error as error:
                raise Unavailable(f"{self._path} cannot be written: {error}") from error
            finally:
                if base.in_transaction:
                    base.execute("rollback")

    def _open(self) -> sqlite3.Connection:
        if self._connection is None:
            raise Unavailable(f"{self._path} is not open")
        return self._connection


def _write_marks(
    base: sqlite3.Connection,
    segment: int,
    sequences: Mapping[tuple[NodeId, str], int],
    newest: Newest,
) -> None:
    base.execute("update stored set segment = max(segment, ?)", (segment,))
    base.executemany(
        "insert into sequences values (?, ?, ?) on conflict do update"
        " set sequence = max(sequence, excluded.sequence)",
        [(node, epoch, number) for (node, epoch), number in sequences.items()],
    )
    base.executemany(
        "insert into newest values (?, ?, ?) on conflict do update"
        " set time_ns = max(time_ns, excluded.time_ns)",
        [(*key, time_ns) for key, time_ns in newest.items()],
    )
