"""Queries that come through the link: taken apart strictly, answered like on the local port.

Source: specification 7
"""

from collections import deque
from collections.abc import Callable
from typing import Any

import msgspec

from muster.clock import SECOND_NS, Clock
from muster.testing.netdata.quirks import Quirks
from muster.testing.netdata.violation import Violation, demand
from muster.testing.netdata.webapi import WebApi

_SECTION = "7.1"
_METHODS = ("GET", "POST", "PUT", "DELETE")
_SPLIT = b"\r\n\r\n"
_KEPT = 1000
PARALLEL = 6
Later = Callable[[float, Callable[[], None]], Callable[[], None]]
Publish = Callable[[str, bytes], int]


class Envelope(msgspec.Struct, frozen=True, kw_only=True):
    """The JSON before a query."""

    type: str
    msg_id: str = msgspec.field(name="msg-id")
    callback_topic: str = msgspec.field(name="callback-topic")
    timeout: int
    version: int


class Query(msgspec.Struct, frozen=True, kw_only=True):
    """One request as it was understood. Header names are in lower case."""

    envelope: Envelope
    method: str
    target: str
    headers: dict[str, str]
    body: bytes = b""


class QueryServer:
    """Queries of one agent. `slow_s` makes calls last whose target holds one of its keys."""

    def __init__(self, api: WebApi, quirks: Quirks, clock: Clock) -> None:
        self._api, self._quirks, self._clock = api, quirks, clock
        self._running: dict[str, Callable[[], None]] = {}  # msg-id: how to end it now
        self._waiting: deque[tuple[Query, float]] = deque()
        self.session_us = 0
        self.slow_s: dict[str, float] = {}
        self.is_mute = False  # takes queries and never answers
        self.seen: deque[Query] = deque(maxlen=_KEPT)
        self.cancelled: list[str] = []

    def begin(self, session_us: int) -> None:
        """A new session: whatever was asked on the last one is lost."""
        self.session_us = session_us
        self._running.clear()
        self._waiting.clear()

    def take(self, payload: bytes, later: Later, publish: Publish) -> None:
        """Take one query; it is answered at once or later. Errors: Violation."""
        query = parse_query(payload)
        self.seen.append(query)
        if self.is_mute:
            return
        if len(self._running) >= PARALLEL:
            self._waiting.append((query, self._clock.monotonic()))
            return
        self._start(query, later, publish)

    def cancel(self, msg_id: str) -> None:
        """End a query that runs; a late cancel does nothing."""
        self.cancelled.append(msg_id)
        if end := self._running.get(msg_id):
            end()

    def _start(self, query: Query, later: Later, publish: Publish) -> None:
        lasts_s = next((s for part, s in self.slow_s.items() if part in query.target), 0.0)
        if not lasts_s:
            self._answer(query, publish)
            return
        msg_id = query.envelope.msg_id

        def end() -> None:
            forget()
            if self._running.pop(msg_id, None):
                self._answer(query, publish)
                self._next(later, publish)

        self._running[msg_id] = end
        forget = later(lasts_s, end)

    def _next(self, later: Later, publish: Publish) -> None:
        while self._waiting and len(self._running) < PARALLEL:
            query, since = self._waiting.popleft()
            timeout_ms = query.envelope.timeout
            if timeout_ms and (self._clock.monotonic() - since) * 1000 > timeout_ms:
                self._fail(query, publish, 503, 6, "timeout in the queue")
            else:
                self._start(query, later, publish)

    def _answer(self, query: Query, publish: Publish) -> None:
        began = self._clock.monotonic()
        answer = self._api.answer(query.target, query.headers, query.body)
        more: dict[str, Any] = {
            "t-exec": round((self._clock.monotonic() - began) * 1e6),
            "t-rx": self._clock.now_ns() // 1000 if self._quirks.receive_time else 0,
            "http-code": answer.status,
        }
        head = self._head(query, more)
        raw = answer.format(query.headers.get("x-transaction-id", ""))
        if not publish(query.envelope.callback_topic, head + _SPLIT + raw):
            self._fail(query, publish, 413, 4, "reply is larger than the hub takes")

    def _fail(self, query: Query, publish: Publish, status: int, code: int, text: str) -> None:
        """A failure of the way, not of the call: there is no HTTP part."""
        more = {"http-code": status, "error-code": code, "error-description": text}
        publish(query.envelope.callback_topic, self._head(query, more))

    def _head(self, query: Query, more: dict[str, Any]) -> bytes:
        seconds, nanos = divmod(self._clock.now_ns(), SECOND_NS)
        connect, connect_us = divmod(self.session_us, 1_000_000)
        return msgspec.json.encode(
            {
                "type": "http",
                "msg-id": query.envelope.msg_id,
                "timestamp": seconds,
                "timestamp-offset-usec": nanos // 1000,
                "connect": connect,
                "connect-offset-usec": connect_us,
                "version": 2,
                **more,
            }
        )


def parse_query(payload: bytes) -> Query:
    """Errors: Violation, also for what the real agent would silently not answer."""
    head, split, raw = payload.partition(_SPLIT)
    demand(_SECTION, split, "no CR LF CR LF behind the JSON")
    try:
        envelope = msgspec.json.decode(head, type=Envelope)
    except msgspec.DecodeError as error:
        raise Violation(_SECTION, f"envelope: {error}") from error
    demand(_SECTION, envelope.type == "http", f"type is {envelope.type!r}")
    demand(_SECTION, envelope.version >= 2, f"version {envelope.version} has no answer")
    demand(_SECTION, envelope.callback_topic.startswith("/"), "callback-topic without '/'")
    top, split, body = raw.partition(_SPLIT)
    demand(_SECTION, split, "request without an empty line")
    first, *lines = top.decode("latin-1").split("\r\n")
    method, _, rest = first.partition(" ")
    target, _, protocol = rest.rpartition(" ")
    demand(_SECTION, protocol == "HTTP/1.1" and target.startswith("/"), f"request: {first!r}")
    demand(_SECTION, method in _METHODS, f"method {method!r} has no answer")
    headers = {name.lower(): value for name, value in map(_header, lines)}
    size = headers.get("content-length", "0")
    demand(_SECTION, size == str(len(body)), f"Content-Length {size}, body {len(body)} bytes")
    return Query(envelope=envelope, method=method, target=target, headers=headers, body=body)


def _header(line: str) -> tuple[str, str]:
    name, separator, value = line.partition(": ")
    demand(_SECTION, separator and name, f"header without ': ': {line!r}")
    return name, value
