"""The way to a ClickHouse cluster: statements over HTTP, with TLS, from whichever thread asks.

One session writes, some read; each keeps a connection to one node and goes on to the next when
that cannot be reached. An insert is acknowledged once a quorum of the replicas of its shard
have it, and questions see all of that: only then may the journal give its segment up. What may
be said twice (questions, inserts with a token) is said again to another node where one breaks off
or hangs, or says that another did; nothing else is. How long a node is waited for:
store/engine/clusterpatience.py
Statements: store/engine/clusterdialect.py, and store/engine/clusterold.py for servers of 18.16,
which is found out at the start. Rows and answers: store/engine/clusterwire.py

Source: ClickHouse documentation, "HTTP interface", "insert_quorum"
"""

import logging
import re
import ssl
from collections.abc import Mapping, Sequence
from http.client import HTTPException
from pathlib import Path
from queue import Empty, Queue
from threading import Event
from typing import Any
from urllib.parse import urlencode

import pyarrow as pa

from muster.errors import LimitExceeded, ProtocolError, SettingsError, Unavailable
from muster.log import Secret
from muster.store.engine.clusterdialect import WRITE_S, Dialect, Lead, Place, Told
from muster.store.engine.clusterold import OldDialect
from muster.store.engine.clusterpatience import Channel, Hangs
from muster.store.engine.clusterwire import block_of, empty_table, table_of
from muster.store.engine.enginesessions import Limits, translated
from muster.trust import public_context

log = logging.getLogger(__name__)

_GRACE_S = 10.0  # for the engine to say itself that a question takes too long
_CLOSE_S = 3.0
_ERROR_BYTES = 4096
_CREDENTIALS_BYTES = 4096
_ROW_BYTES = 256  # of an answer, on average, at the very most
_CHUNK = 1 << 20

# What one node says when its own connection to another broke off, or has an older answer on it.
_BETWEEN_NODES = re.compile(r"Code: (32|101|102|210)\b")
_OLD, _NEW = (18, 16), (26, 9)
_LOOK_S, _MOST_LOOK_S = 0.01, 1.0  # between questions whether a change is made


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
        return public_context(self._ca_file)


class _Session:
    """One caller at a time."""

    def __init__(self, place: Place, access: Access, limits: Limits, wait_s: float) -> None:
        self._place = place
        self._access = access
        self._most_bytes = limits.answer_rows * _ROW_BYTES
        self._wait_s = wait_s
        self._at = 0  # of the hosts, the one in use
        self._channel: Channel | None = None
        self._headers: dict[str, str] = {}

    def say(
        self,
        statement: str,
        settings: Mapping[str, str],
        rows: bytes | None = None,
        *,
        again: bool,
        form: str = "Native",
    ) -> bytes:
        """What the engine answers. `again`: it changes nothing if it is said twice.

        Errors: Unavailable, LimitExceeded.
        """
        if not again:
            self.close()  # one that was kept may be dead, which would only show half way
        tries = len(self._place.hosts) + 1 if again else 1
        while True:
            tries -= 1
            channel = self._connected()
            try:
                return self._exchange(
                    channel, statement, {**settings, "default_format": form}, rows
                )
            except (OSError, HTTPException) as error:
                host = self._host
                self.close()
                self._at = (self._at + 1) % len(self._place.hosts)
                # A connection that was kept may be dead, so that one node is asked twice.
                is_alone = isinstance(error, Hangs) and len(self._place.hosts) == 1
                if tries <= 0 or is_alone or isinstance(error, TimeoutError):
                    why = str(error) or type(error).__name__
                    raise Unavailable(f"the engine at {host} broke off: {why[:200]}", 5.0) from None
            except BaseException:
                self.close()
                raise

    @property
    def _host(self) -> str:
        host, port = self._place.hosts[self._at]
        return f"{host}:{port}"

    def _connected(self) -> Channel:
        if self._channel is not None:
            return self._channel
        failed = []
        self._headers = self._access.headers()
        context = self._access.context() if self._place.tls else None
        for _ in self._place.hosts:
            try:
                self._channel = Channel(self._place.hosts[self._at], context, self._wait_s)
            except OSError as error:
                failed.append(f"{self._host}: {error}")
                self._at = (self._at + 1) % len(self._place.hosts)
            else:
                return self._channel
        raise Unavailable(f"no node of the engine can be reached: {'; '.join(failed)[:600]}", 5.0)

    def _exchange(
        self,
        channel: Channel,
        statement: str,
        settings: dict[str, str],
        rows: bytes | None,
    ) -> bytes:
        body = statement.encode()
        if rows is not None:
            settings["query"], body = f"{statement} format {settings['default_format']}", rows
        answer = channel.post(f"/?{urlencode(settings)}", body, self._headers)
        if answer.status != 200:
            text = answer.read(_ERROR_BYTES).decode(errors="replace").strip()
            self.close()
            if _BETWEEN_NODES.search(text):
                raise ConnectionError(text)
            raise translated(RuntimeError(f"{answer.status} {text}"))
        parts, size = [], 0
        while part := answer.read(_CHUNK):
            size += len(part)
            if size > self._most_bytes:
                raise LimitExceeded("the answer is too large: ask for less time or fewer series")
            parts.append(part)
        return b"".join(parts)

    def close(self) -> None:
        if self._channel is not None:
            self._channel.close()
        self._channel = None


class ClusterSessions:
    """See store.engine.enginesessions.Sessions. Construction does nothing."""

    is_embedded = False

    def __init__(self, place: Place, access: Access, limits: Limits) -> None:
        self._place = place
        self._limits = limits
        self._readers: Queue[_Session] = Queue()
        self._writer = _Session(place, access, limits, WRITE_S + _GRACE_S)
        self._nodes = [
            _Session(place._replace(hosts=(host,)), access, limits, WRITE_S + _GRACE_S)
            for host in place.hosts
        ]
        for _ in range(limits.readers):
            self._readers.put(_Session(place, access, limits, limits.question_s + _GRACE_S))
        self._speak(Dialect(place))

    def _speak(self, dialect: Dialect) -> None:
        limits = self._limits
        self._dialect = dialect
        self._writing = {**dialect.everywhere, **dialect.writing}
        self._reading = {
            **dialect.everywhere,
            **dialect.reading,
            "max_memory_usage": str(limits.memory_bytes),
            "max_result_rows": str(limits.answer_rows),
            "result_overflow_mode": "throw",
            "max_execution_time": str(limits.question_s),
        }

    def open(self, create: Sequence[str]) -> None:
        """See Sessions. What it makes needs every node; what is there already needs one."""
        try:
            self._open()
        except BaseException:
            self.close()
            raise

    def _open(self) -> None:
        self._speak(self._dialect_of(self._plain("select version()")[0]))
        there = set(self._plain(self._dialect.tables()))
        made = self._dialect.create()
        if not all(name in there for name in self._dialect.names(made)):
            for session in self._nodes if self._dialect.each_creates else [self._writer]:
                for statement in made:
                    session.say(statement, self._writing, again=True)

    def _dialect_of(self, version: str) -> Dialect:
        """Errors: Unavailable for a server that this store cannot speak to."""
        found = re.match(r"(\d+)\.(\d+)", version)
        number = (int(found[1]), int(found[2])) if found else (0, 0)
        if number >= _NEW:
            return Dialect(self._place)
        if number != _OLD:
            raise Unavailable(
                f"the cluster's servers are ClickHouse {version[:40]}: there must be "
                f"{_NEW[0]}.{_NEW[1]} or newer, or {_OLD[0]}.{_OLD[1]}"
            )
        (shape,) = self._plain(OldDialect.shape(self._place))
        shards, replicas = map(int, shape.split("\t"))
        if not shards or not replicas:
            raise Unavailable(
                f"the engine knows no cluster {self._place.cluster!r}: see system.clusters"
            )
        if shards * replicas != len(self._nodes):
            raise Unavailable(
                f"store.url names {len(self._nodes)} nodes of {shards * replicas}, and servers of "
                f"{_OLD[0]}.{_OLD[1]} have to be told one by one: name them all"
            )
        return OldDialect(self._place, shards)

    def _plain(self, statement: str) -> list[str]:
        """Lines of what any server answers."""
        answer = self._writer.say(statement, {}, again=True, form="TabSeparated")
        return answer.decode().splitlines()

    def close(self) -> None:
        """See Sessions."""
        for session in (self._writer, *self._nodes):
            session.close()
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
            return self._table(reader, statement, self._reading)
        finally:
            self._readers.put(reader)

    def asked(self, statement: str) -> pa.Table:
        """See Sessions."""
        return self._table(self._writer, statement, self._writing)

    def _table(self, session: _Session, statement: str, settings: Mapping[str, str]) -> pa.Table:
        text = self._dialect.of(statement)
        try:
            table = table_of(session.say(text, settings, again=True))
            if table is None:  # no rows, and no word of its columns
                columns = table_of(session.say(f"describe table ({text})", settings, again=True))
                pairs = columns.select(["name", "type"]).to_pylist() if columns else []
                table = empty_table((each["name"], each["type"]) for each in pairs)
        except ProtocolError as error:
            raise Unavailable(f"the engine's answer is no table: {error}", 5.0) from None
        return table

    def tell(self, statement: str) -> object:
        """See Sessions."""
        self._change(self._dialect.told(statement), self._writing)
        return None

    def _change(self, told: Told, settings: Mapping[str, str], rows: bytes | None = None) -> None:
        if told.may and not all(each["yes"] for each in self._each(told.may)):
            raise Unavailable("a node of the engine is not well, and a change needs all", 30.0)
        for session in self._led(told.lead) if told.lead else [self._writer]:
            session.say(told.statement, settings, rows, again=rows is not None)
        pause, waited = Event(), 0.0
        while told.done and not _is_done(self._each(told.done)):
            if waited > WRITE_S:
                raise Unavailable("not every node of the engine has made a change yet", 30.0)
            look_s = min(_LOOK_S + waited / 10, _MOST_LOOK_S)
            pause.wait(look_s)
            waited += look_s

    def _led(self, lead: Lead) -> list[_Session]:
        said = zip(self._nodes, self._each(lead.question), strict=True)
        found = [node for node, each in said if each["yes"]]
        if len(found) != lead.nodes:
            raise Unavailable("the engine's nodes have not agreed yet on who makes a change", 5.0)
        return found

    def _each(self, question: str) -> list[dict[str, Any]]:
        """The one row of each node. Errors: Unavailable, also where one cannot be reached."""
        rows: list[dict[str, Any]] = []
        for node in self._nodes:
            try:
                answer = table_of(node.say(question, self._writing, again=True))
            except Unavailable as error:
                raise Unavailable(f"a change needs every node: {error}", 5.0) from None
            if answer is None:
                raise Unavailable("a change needs every node: one lacks a table", 30.0)
            rows += answer.to_pylist()
        return rows

    def insert(self, statement: str, rows: pa.Table) -> None:
        """See Sessions."""
        said = self._dialect.insert(statement, rows)
        settings = {**self._writing, **said.settings}
        self._change(said.told, settings, block_of(said.rows))

    def lines(self, statement: str) -> list[str]:
        """See Sessions."""
        text = self._dialect.of(statement)
        answer = self._writer.say(text, self._writing, again=False, form="TabSeparatedRaw")
        return answer.decode().splitlines()


def _is_done(said: Sequence[Mapping[str, Any]]) -> bool:
    kinds = {(each["shard"], each["has"]) for each in said}
    return all(each["yes"] for each in said) and len(kinds) == len({shard for shard, _ in kinds})
