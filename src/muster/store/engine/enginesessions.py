"""How statements reach an engine, and the way to the embedded one (chDB).

One session writes, some read. The engine is a large library: it is imported by `open`, in
whichever thread calls it. A process can have one data folder open. Calls block, and release
the interpreter lock. The way to a cluster: store/engine/clickhousehttp.py
"""

import io
import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from queue import Empty, Queue
from typing import Any, NamedTuple, Protocol

import pyarrow as pa

from muster.errors import LimitExceeded, MusterError, Unavailable
from muster.store.engine import erasure, partnotes
from muster.store.engine.faults import end_by_faults

log = logging.getLogger(__name__)

_CLOSE_S = 3.0
_PIECE_BYTES = 1 << 19  # of an insert; all at once would be there three times


class Limits(NamedTuple):
    """Of questions: see store.engine.clickhouse.Settings."""

    readers: int
    memory_bytes: int
    answer_rows: int
    question_s: float


class Sessions(Protocol):
    """One that writes, used by one caller at a time, and some that read.

    Errors, of all but `close`: Unavailable, LimitExceeded for an answer that is too large.
    """

    @property
    def is_embedded(self) -> bool:
        """Whether its files are on this machine, so that who deletes has them synced."""
        ...

    def open(self, create: Sequence[str]) -> None:
        """Get ready, and run the statements that make the tables."""
        ...

    def ask(self, statement: str) -> pa.Table:
        """A question, as soon as one of the reading sessions is free."""
        ...

    def asked(self, statement: str) -> pa.Table:
        """A question of the session that writes."""
        ...

    def tell(self, statement: str) -> object: ...

    def insert(self, statement: str, rows: pa.Table) -> None:
        """Rows become one part, once by the statement's token."""
        ...

    def lines(self, statement: str) -> list[str]:
        """What the session that writes answers, as lines of text."""
        ...

    def close(self) -> None:
        """Wait a little for running questions, then end. No call comes afterwards."""
        ...


class EmbeddedSessions:
    """See Sessions. Construction does nothing."""

    is_embedded = True

    def __init__(self, path: Path, limits: Limits) -> None:
        self._path = path
        self._limits = limits
        self._writer: Any = None  # chdb is untyped
        self._readers: Queue[Any] = Queue()
        self._closed = False

    def open(self, create: Sequence[str]) -> None:
        """See Sessions. Blocks for about a second."""
        sessions: list[Any] = []
        try:
            self._path.mkdir(mode=0o700, parents=True, exist_ok=True)
            partnotes.mend(self._path)
            session = _session_class()
            sessions.append(session(str(self._path)))
            for statement in (*create, *erasure.SESSION):
                sessions[0].query(statement)
            sessions += [self._reader(session) for _ in range(self._limits.readers)]
            end_by_faults()
        except (RuntimeError, OSError) as error:
            for one in sessions:
                one.close()
            raise translated(error) from error
        self._closed, self._writer = False, sessions[0]
        for reader in sessions[1:]:
            self._readers.put(reader)

    def close(self) -> None:
        """See Sessions."""
        self._closed = True
        if self._writer is None:
            return
        try:
            readers = [self._readers.get(timeout=_CLOSE_S) for _ in range(self._limits.readers)]
        except Empty:
            # What is stored is synced; the engine ends with the process.
            log.warning("engine is left open: a question is still running")
            return
        for session in (*readers, self._writer):
            session.close()
        self._writer = None

    def ask(self, statement: str) -> pa.Table:
        """See Sessions."""
        if self._closed:
            raise Unavailable("the engine is closed")
        try:
            reader = self._readers.get(timeout=self._limits.question_s)
        except Empty:
            raise Unavailable("the engine is busy with other questions") from None
        try:
            if self._closed:
                raise Unavailable("the engine is closed")
            with _translation():
                return _table(reader, statement)
        finally:
            self._readers.put(reader)

    def asked(self, statement: str) -> pa.Table:
        """See Sessions."""
        with _translation():
            return _table(self._writer, statement)

    def tell(self, statement: str) -> object:
        """See Sessions."""
        with _translation():
            return self._writer.query(statement)

    def insert(self, statement: str, rows: pa.Table) -> None:
        """See Sessions."""
        # One batch of Arrow's: several would be another part to the engine, with the same token.
        with _translation(), self._writer.send_insert(statement, "ArrowStream") as inserter:
            sink = pa.PythonFile(_Appending(inserter.append), mode="w")
            with pa.ipc.new_stream(sink, rows.schema) as stream:
                stream.write_table(rows)
            inserter.finish()

    def lines(self, statement: str) -> list[str]:
        """See Sessions."""
        with _translation():
            return str(self._writer.query(statement, "TabSeparatedRaw")).splitlines()

    def _reader(self, session: Any) -> Any:  # noqa: ANN401 - chdb is untyped
        reader = session(str(self._path))
        limits = self._limits
        for statement in erasure.SESSION:
            reader.query(statement)
        reader.query(f"set max_memory_usage = {int(limits.memory_bytes)}")
        reader.query(
            f"set max_result_rows = {int(limits.answer_rows)}, result_overflow_mode='throw'"
        )
        reader.query(f"set max_execution_time = {limits.question_s}")
        # Answers stay in this process: packing them costs more than it saves.
        reader.query("set output_format_arrow_compression_method = 'none'")
        reader.query("set do_not_merge_across_partitions_select_final = 1")
        return reader


class _Appending(io.RawIOBase):
    """What Arrow writes goes to an insert piece by piece: the rows are never there twice."""

    def __init__(self, append: Callable[[bytes], object]) -> None:
        self._append = append

    def writable(self) -> bool:
        return True

    def write(self, data: Any, /) -> int:  # noqa: ANN401 - any buffer
        rows = memoryview(data).cast("B")
        for at in range(0, len(rows), _PIECE_BYTES):
            self._append(bytes(rows[at : at + _PIECE_BYTES]))
        return len(rows)


def _session_class() -> Any:  # noqa: ANN401 - chdb is untyped
    from chdb.session import Session  # takes a second and 200 MB: not before it is needed

    return Session


def _table(session: Any, statement: str) -> pa.Table:  # noqa: ANN401 - chdb is untyped
    try:
        answer = session.query(statement, "ArrowStream").bytes()
    except RuntimeError:
        # What it had written before it failed would come before the session's next answer.
        session.query("select 1", "ArrowStream")
        raise
    return pa.ipc.open_stream(answer).read_all()


@contextmanager
def _translation() -> Iterator[None]:
    try:
        yield
    except (RuntimeError, OSError) as error:
        raise translated(error) from error


def translated(error: Exception) -> MusterError:
    """An engine's words as an error of ours. Its text may hold a whole statement: cut short."""
    text = str(error)
    for sign in ("TOO_MANY_ROWS_OR_BYTES", "MEMORY_LIMIT_EXCEEDED", "Code: 396,", "Code: 241,"):
        if sign in text:
            return LimitExceeded("the answer is too large: ask for less time or fewer series")
    if "TIMEOUT_EXCEEDED" in text or "Code: 159," in text:
        return Unavailable("the engine took too long: ask for less time or fewer series")
    return Unavailable(f"the engine refuses: {text[:300]}", 5.0)
