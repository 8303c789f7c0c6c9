"""The way to a ClickHouse cluster: statements over HTTP, with TLS, from whichever thread asks.

One session writes, some read; each keeps a connection to one node and goes on to the next when
that cannot be reached. An insert is acknowledged once a quorum of the replicas of its shard
have it, and questions see all of that: only then may the journal give its segment up. What may
be said twice (questions, inserts with a token) is said again to another node; nothing else is.
Statements: store/clusterdialect.py

Source: ClickHouse documentation, "HTTP interface", "insert_quorum"
"""

import logging
import ssl
from collections.abc import Sequence
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from pathlib import Path
from queue import Empty, Queue
from urllib.parse import urlencode

import pyarrow as pa

from muster.errors import LimitExceeded, SettingsError, Unavailable
from muster.log import Secret
from muster.store.clusterdialect import Dialect, Place
from muster.store.enginesessions import Limits, translated

log = logging.getLogger(__name__)

_CONNECT_S = 5.0
_WRITE_S = 300.0  # for an insert to reach its quorum, or all nodes to make a change
_GRACE_S = 10.0  # for the engine to say itself that a question takes too long
_CLOSE_S = 3.0
_ERROR_BYTES = 4096
_CREDENTIALS_BYTES = 4096
_ROW_BYTES = 256  # of an answer, on average, at the very most
_CHUNK = 1 << 20

_EVERYWHERE = {
    # An answer that fails half way must not look whole: it is sent when it is.
    "wait_end_of_query": "1",
    "apply_mutations_on_fly": "1",
    "max_query_size": "1073741824",
    "max_ast_elements": "100000000",
    "max_expanded_ast_elements": "100000000",
    "select_sequential_consistency": "1",
    "skip_unavailable_shards": "0",
}
_WRITING = {
    "insert_quorum": "auto",
    "insert_quorum_parallel": "0",  # else questions could not ask for what the quorum has
    "insert_quorum_timeout": str(round(_WRITE_S * 1000)),
    "distributed_foreground_insert": "1",
    "async_insert": "0",
    "insert_deduplicate": "0",  # sums made anew are alike; rows say otherwise, with their token
    "alter_sync": "2",
    "mutations_sync": "2",
    "distributed_ddl_output_mode": "throw",
    "distributed_ddl_task_timeout": str(round(_WRITE_S)),
}


class Access:
    """Name, password and trust: read when a connection is made, so that files may change."""

    def __init__(self, credentials_file: str = "", ca_file: str = "") -> None:
        """`credentials_file` has one line, `user:password`; `ca_file` certificates in PEM."""
        self._credentials_file = credentials_file
        self._ca_file = ca_file

    def headers(self) -> dict[str, str]:
        """Errors: SettingsError."""
        if not self._credentials_file:
            return {}
        key = "store.credentials_file"
        try:
            with Path(self._credentials_file).open("rb") as file:
                text = file.read(_CREDENTIALS_BYTES).decode().strip("\r\n")
        except (OSError, UnicodeDecodeError) as error:
            raise SettingsError(f"cannot be read: {error}", self._credentials_file, key) from None
        user, colon, password = text.partition(":")
        if not user or not colon or not text.isprintable() or not text.isascii():
            raise SettingsError("is not one line user:password", self._credentials_file, key)
        return {"X-ClickHouse-User": user, "X-ClickHouse-Key": Secret(password).reveal()}

    def context(self) -> ssl.SSLContext:
        """Errors: SettingsError."""
        try:
            return ssl.create_default_context(cafile=self._ca_file or None)
        except (OSError, ssl.SSLError) as error:
            raise SettingsError(
                f"holds no certificates: {error}", self._ca_file, "store.ca_file"
            ) from None


class _Session:
    """One caller at a time."""

    def __init__(self, place: Place, access: Access, settings: dict[str, str], limits: Limits,
                 wait_s: float) -> None:  # fmt: skip
        self._place = place
        self._access = access
        self._settings = settings
        self._most_bytes = limits.answer_rows * _ROW_BYTES
        self._wait_s = wait_s
        self._at = 0  # of the hosts, the one in use
        self._connection: HTTPConnection | None = None
        self._headers: dict[str, str] = {}

    def say(self, statement: str, form: str, stream: bytes | None = None, *, again: bool) -> bytes:
        """What the engine answers. `again`: it changes nothing if it is said twice.

        Errors: Unavailable, LimitExceeded.
        """
        if not again:
            self.close()  # one that was kept may be dead, which would only show half way
        tries = len(self._place.hosts) + 1 if again else 1
        while True:
            tries -= 1
            connection = self._connected()
            try:
                return self._exchange(connection, statement, form, stream)
            except (OSError, HTTPException) as error:
                host = self._host
                self.close()
                self._at = (self._at + 1) % len(self._place.hosts)
                if tries <= 0 or isinstance(error, TimeoutError):
                    why = str(error) or type(error).__name__
                    raise Unavailable(f"the engine at {host} broke off: {why[:200]}", 5.0) from None
            except BaseException:
                self.close()
                raise

    @property
    def _host(self) -> str:
        host, port = self._place.hosts[self._at]
        return f"{host}:{port}"

    def _connected(self) -> HTTPConnection:
        if self._connection is not None:
            return self._connection
        failed = []
        self._headers = self._access.headers()
        context = self._access.context() if self._place.tls else None
        for _ in self._place.hosts:
            host, port = self._place.hosts[self._at]
            connection = (
                HTTPSConnection(host, port, timeout=_CONNECT_S, context=context)
                if context
                else HTTPConnection(host, port, timeout=_CONNECT_S)
            )
            try:
                connection.connect()
                connection.sock.settimeout(self._wait_s)
            except OSError as error:
                connection.close()
                failed.append(f"{self._host}: {error}")
                self._at = (self._at + 1) % len(self._place.hosts)
            else:
                self._connection = connection
                return connection
        raise Unavailable(f"no node of the engine can be reached: {'; '.join(failed)[:600]}", 5.0)

    def _exchange(
        self, connection: HTTPConnection, statement: str, form: str, stream: bytes | None
    ) -> bytes:
        settings = self._settings | {"default_format": form}
        body = statement.encode()
        if stream is not None:
            settings["query"], body = f"{statement} format {form}", stream
        connection.request("POST", f"/?{urlencode(settings)}", body, self._headers)
        answer = connection.getresponse()
        if answer.status != 200:
            text = answer.read(_ERROR_BYTES).decode(errors="replace").strip()
            self.close()
            raise translated(RuntimeError(f"{answer.status} {text}"))
        parts, size = [], 0
        while part := answer.read(_CHUNK):
            size += len(part)
            if size > self._most_bytes:
                raise LimitExceeded("the answer is too large: ask for less time or fewer series")
            parts.append(part)
        return b"".join(parts)

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
        self._connection = None


class ClusterSessions:
    """See store.enginesessions.Sessions. Construction does nothing."""

    is_embedded = False

    def __init__(self, place: Place, access: Access, limits: Limits) -> None:
        self._dialect = Dialect(place)
        self._limits = limits
        self._readers: Queue[_Session] = Queue()
        reading = _EVERYWHERE | {
            "max_memory_usage": str(limits.memory_bytes),
            "max_result_rows": str(limits.answer_rows),
            "result_overflow_mode": "throw",
            "max_execution_time": str(limits.question_s),
            "do_not_merge_across_partitions_select_final": "1",
        }
        self._writer = _Session(place, access, _EVERYWHERE | _WRITING, limits, _WRITE_S + _GRACE_S)
        for _ in range(limits.readers):
            wait_s = limits.question_s + _GRACE_S
            self._readers.put(_Session(place, access, reading, limits, wait_s))

    def open(self, create: Sequence[str]) -> None:
        """See Sessions."""
        for statement in self._dialect.create():
            self._writer.say(statement, "Null", again=True)

    def close(self) -> None:
        """See Sessions."""
        self._writer.close()
        idle: list[_Session] = []
        try:
            while len(idle) < self._limits.readers:
                idle.append(self._readers.get(timeout=_CLOSE_S))
        except Empty:
            log.warning("a question to the engine is still running")
        for reader in idle:  # they connect again if there is another start
            reader.close()
            self._readers.put(reader)

    def ask(self, statement: str) -> pa.Table:
        """See Sessions."""
        try:
            reader = self._readers.get(timeout=self._limits.question_s)
        except Empty:
            raise Unavailable("the engine is busy with other questions") from None
        try:
            return self._table(reader, statement)
        finally:
            self._readers.put(reader)

    def asked(self, statement: str) -> pa.Table:
        """See Sessions."""
        return self._table(self._writer, statement)

    def _table(self, session: _Session, statement: str) -> pa.Table:
        answer = session.say(self._dialect.of(statement), "ArrowStream", again=True)
        try:
            return pa.ipc.open_stream(answer).read_all()
        except pa.ArrowInvalid as error:
            raise Unavailable(f"the engine's answer is no Arrow stream: {error}", 5.0) from None

    def tell(self, statement: str) -> object:
        """See Sessions."""
        return self._writer.say(self._dialect.of(statement), "Null", again=False)

    def insert(self, statement: str, stream: bytes) -> None:
        """See Sessions."""
        self._writer.say(self._dialect.of(statement), "ArrowStream", stream, again=True)

    def lines(self, statement: str) -> list[str]:
        """See Sessions."""
        answer = self._writer.say(self._dialect.of(statement), "TabSeparatedRaw", again=False)
        return answer.decode().splitlines()
