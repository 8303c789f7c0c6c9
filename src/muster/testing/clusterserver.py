"""A stand-in for a ClickHouse cluster: its HTTP interface, on one embedded engine.

`python -m muster.testing.clusterserver FOLDER` serves on a free port of loopback, which it
prints, until its input ends. It runs each statement for real, without what needs a second
node: `on cluster`, replication and distribution are checked for their form, then left out. It
is strict: statements must parse as they come, settings must be the engine's, parts may be
changed on local tables alone, and asked for and inserted through distributed ones.
"""

import os
import re
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

DATABASE, CLUSTER, USER, PASSWORD = "values", "main", "muster", "a:password"
_INTERFACE = {"default_format", "query", "wait_end_of_query"}
_LOCAL = re.compile(rf"\b{DATABASE}\.\w+_local\b")
_WHOLE = re.compile(rf"\b{DATABASE}\.\w+(?<!_local)\b")
_REPLICATED = re.compile(
    r"engine = Replicated(\w*MergeTree)"
    r"\('/clickhouse/tables/\{shard\}/\{database\}/\{table\}', '\{replica\}'(?:, (\w+))?\)"
)
_TOKENS = re.compile(r"\breplicated_deduplication_window_seconds = \d+, replicated_ded")


class Refused(Exception):
    """A statement that a cluster would not take, or not from this store."""


class Engine:
    """One embedded engine, one statement at a time."""

    def __init__(self, folder: str) -> None:
        self._lock = threading.Lock()
        self._folder = folder
        self._make = _session_class()
        self._sessions: dict[tuple[tuple[str, str], ...], Any] = {}
        session = self._make(folder)
        names = str(session.query("select name from system.settings", "TabSeparatedRaw"))
        self._known = set(names.splitlines())
        self._checking = session

    def run(self, statement: str, form: str, settings: dict[str, str], stream: bytes) -> bytes:
        """Errors: Refused, RuntimeError."""
        if unknown := settings.keys() - self._known:
            raise Refused(f"unknown setting {min(unknown)} (UNKNOWN_SETTING)")
        plain = _plain(statement)
        with self._lock:
            if not stream:  # else its values would be looked for in the text
                self._checking.query(f"explain ast {statement}")
            session = self._session(tuple(sorted(settings.items())))
            if stream:
                with session.send_insert(plain.removesuffix(f" format {form}"), form) as inserter:
                    inserter.append(stream)
                    inserter.finish()
                return b""
            try:
                answer: bytes = session.query(plain, form).bytes() if plain else b""
            except RuntimeError:
                session.query("select 1", form)  # else its next answer begins with this one
                raise
            return answer

    def _session(self, settings: tuple[tuple[str, str], ...]) -> Any:  # noqa: ANN401 - chdb is untyped
        if settings not in self._sessions:
            session = self._make(self._folder)
            session.query("set max_query_size = 1073741824")
            for name, value in settings:
                session.query(f"set {name} = '{value}'")
            self._sessions[settings] = session
        return self._sessions[settings]


def _session_class() -> Any:  # noqa: ANN401 - chdb is untyped
    from chdb.session import Session

    return Session


def _plain(statement: str) -> str:
    """The statement as one node alone takes it; empty: there is nothing to do."""
    change = statement.startswith(("alter ", "delete ", "create "))
    if change and f" on cluster '{CLUSTER}'" not in statement:
        raise Refused(f"is told to one node alone: {statement[:200]}")
    if not change and _LOCAL.search(statement):
        raise Refused(f"goes past the distributed table: {statement[:200]}")
    if statement.startswith(("alter ", "delete ")) and _WHOLE.search(statement):
        raise Refused(f"changes a distributed table: {statement[:200]}")
    if " engine = Distributed(" in statement:
        return ""
    if statement.startswith("create table") and not _REPLICATED.search(statement):
        raise Refused(f"makes a table that is not replicated: {statement[:200]}")
    text = statement.replace(f" on cluster '{CLUSTER}'", "")
    text = _REPLICATED.sub(lambda match: f"engine = {match[1]}({match[2] or ''})", text)
    text = _TOKENS.sub("non_replicated_ded", text)
    text = re.sub(
        rf"clusterAllReplicas\('{CLUSTER}', system\.(\w+)\)",
        r"(select * replace (concat(table, '_local') as table) from system.\1)",
        text,
    )
    return re.sub(rf"\b({DATABASE}\.\w+)_local\b", r"\1", text)


class Handler(BaseHTTPRequestHandler):
    """The interface's form: settings in the address, the statement there or in the body."""

    protocol_version = "HTTP/1.1"
    engine: Engine

    def do_GET(self) -> None:
        self._answer(200 if self.path == "/ping" else 404, b"Ok.\n")

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        asked = dict(parse_qsl(urlsplit(self.path).query))
        given = self.headers["X-ClickHouse-User"], self.headers["X-ClickHouse-Key"]
        if given != (USER, PASSWORD):
            return self._answer(403, b"Code: 516. DB::Exception: (AUTHENTICATION_FAILED)")
        statement = asked.get("query") or body.decode()
        settings = {name: value for name, value in asked.items() if name not in _INTERFACE}
        try:
            stream = body if "query" in asked else b""
            found = self.engine.run(statement, asked["default_format"], settings, stream)
        except (RuntimeError, Refused) as error:
            return self._answer(500, str(error).encode())
        return self._answer(200, found)

    def _answer(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Nothing: a test's output is for the test."""


def main(folder: str) -> None:
    """Serve until the input ends."""
    Handler.engine = Engine(folder)
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    sys.stdout.write(f"{server.server_port}\n")
    sys.stdout.flush()
    sys.stdin.read()
    os._exit(0)  # the engine's own end may wait for ever, and nothing here outlives the test


if __name__ == "__main__":
    main(sys.argv[1])
