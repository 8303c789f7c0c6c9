"""Request, Response and Route: the only HTTP that faces see.

The library behind them is known to net/server.py alone. A face is a list of Routes and is
tested by calling its handlers with a Request made by hand.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Mapping, Sequence
from enum import StrEnum
from types import CoroutineType
from typing import Any, NamedTuple, Protocol, TypeVar

import msgspec

from muster.errors import InputError, MusterError
from muster.model.access import Action, Actor
from muster.model.identity import Identity

T = TypeVar("T")
JSON = "application/json"
LISTS_BYTES = 65_536  # of a document with lists or arguments in it
_SMALL = 16_384
_MAX_DIGITS = 18  # every such number is an int64


def _nothing() -> None:
    """For requests made by hand."""


def _stays(told: Callable[[], None]) -> None:
    """Likewise: who asks never goes away."""


class Public(StrEnum):
    """Reasons why a route asks for no Action."""

    SIGN_IN = "sign_in"  # what is needed before one can be known
    PROOF = "proof"  # the body proves itself (claim token)
    CREDENTIALS = "credentials"  # its `before` checks what another program's clients show
    TRUST = "trust"  # public keys and certificates
    ASSET = "asset"  # the web UI's files
    HEALTH = "health"
    PEER = "peer"  # a client certificate, checked by the listener, is the authority


class UpgradeRequired(InputError):
    """The path is a WebSocket's, the request was none."""

    code = "upgrade_required"
    status = 426


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """One request, read whole. `peer` is the verified Identity on listeners that demand one."""

    method: str
    path: str
    match: Mapping[str, str] = {}  # path variables
    query: Mapping[str, str] = {}
    query_text: str = ""  # as it was sent: names may come more than once
    headers: Mapping[str, str] = {}  # names in lower case
    cookies: Mapping[str, str] = {}
    body: bytes = b""
    address: str = ""  # of the client
    actor: Actor | None = None
    peer: Identity | None = None
    peer_certificate: bytes = b""  # DER
    admitted: object = None  # what the route's `before` found
    # of a WebSocket: its peer is where it wants to be, so the listener lets in somebody else
    settle: Callable[[], None] = _nothing
    begun: object = None  # the work of the route's `at_once`, where it found that it has to wait
    # has something called when who asks goes away before the answer is there
    when_gone: Callable[[Callable[[], None]], None] = _stays

    def json(self, kind: type[T]) -> T:
        """Decode the body. Errors: InputError that names the place."""
        try:
            return msgspec.json.decode(self.body or b"{}", type=kind)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise InputError(f"request body: {error}") from error

    def number(self, name: str, default: int) -> int:
        """A natural number of the query; left out or empty, the default. Errors: InputError."""
        text = self.query.get(name, "")
        if not text:
            return default
        if not (text.isascii() and text.isdigit() and len(text) <= _MAX_DIGITS):
            raise InputError(f"{name} must be a whole number, not {text[:40]!r}")
        return int(text)


class Response(msgspec.Struct, frozen=True, kw_only=True):
    """An answer. `stream` replaces `body` for long ones."""

    status: int = 200
    body: bytes = b""
    content_type: str = JSON
    headers: Mapping[str, str] = {}
    stream: AsyncIterator[bytes] | None = None


class Begun(NamedTuple):
    """What was found out of an answer that cannot be given at once: its handler goes on with it."""

    work: object


class Repeat(NamedTuple):
    """How requests like one that came before are answered: the same but for numbers in its query.

    Shapes: `places` of their digits in the query, in order; `answer` is given as many numbers, each
            of as many digits; `stamp` makes the lines of the headers that an answer has besides.
    Errors: as `at_once`; None: such a request is looked at whole again.
    """

    places: Sequence[slice]
    answer: Callable[[Sequence[int]], Response | Begun | None]
    stamp: Callable[[], str] = str


def json_response(value: Any, status: int = 200, **headers: str) -> Response:  # noqa: ANN401
    """Encode a value as JSON; header names are given with underscores."""
    named = {name.replace("_", "-"): text for name, text in headers.items()}
    return Response(status=status, body=msgspec.json.encode(value), headers=named)


def error_response(error: MusterError) -> Response:
    """The one table of errors for faces that speak JSON."""
    headers = dict(getattr(error, "headers", {}))
    if retry := getattr(error, "retry_after_s", 0.0):
        headers["Retry-After"] = str(max(1, round(retry)))
    body = {"error": {"code": error.code, "text": str(error)}}
    return Response(status=error.status, body=msgspec.json.encode(body), headers=headers)


def passed_on(told: "Told", value: Any) -> None:  # noqa: ANN401
    """Tell what was found as JSON; an error, or work that finds it, as it is."""
    if isinstance(value, MusterError):
        told(value)
    elif isinstance(value, CoroutineType):
        told(_worked_out(value))
    else:
        told(json_response(value))


async def _worked_out(work: Coroutine[None, None, Any]) -> Response:
    return json_response(await work)


class Socket(Protocol):
    """An open WebSocket. Messages are whole; a closed peer ends the iteration."""

    async def send(self, message: bytes | str) -> None: ...
    def send_now(self, messages: Sequence[bytes]) -> bool:
        """Send all in one write; False, and nothing is sent, where one has to wait for that."""
        ...

    def look_first(self, look: Callable[[bytes], bool]) -> None:
        """Have binary messages looked at where they come in, while somebody waits for the next.

        True: it is done with. False: it is the next. Only where that can be.
        """
        ...

    async def close(self, code: int = 1000, reason: str = "") -> None: ...
    def __aiter__(self) -> AsyncIterator[bytes | str]: ...
    @property
    def backlog_bytes(self) -> int:
        """Bytes sent but not yet taken by the peer's kernel."""
        ...


Handler = Callable[[Request], Awaitable[Response]]
SocketHandler = Callable[[Request, Socket], Awaitable[None]]
Told = Callable[[Response | MusterError | Coroutine[None, None, Response]], None]
"""Hears an answer, why there is none, or the work that is left to make it. It does not raise."""
Withdraw = Callable[[], None]
"""Nobody waits for the answer any more, and nobody will be told."""


class Route(msgspec.Struct, frozen=True, kw_only=True):
    """One route. `allow` says who may; there is no default, so none is forgotten.

    With an Action, the server has already required it of `Request.actor` in the actor's
    space; the handler checks the objects it touches. Paths hold `{name}` variables.
    A `foreign` route knows no cookies: who asks proves itself in what it sends.
    Exactly one of `handler` and `socket` is set. `without_upgrade` answers who asks at a
    socket's path for no upgrade; without it the answer is 426.
    """

    method: str
    path: str
    allow: Action | Public
    handler: Handler | None = None
    socket: SocketHandler | None = None
    without_upgrade: Handler | None = None
    max_body_bytes: int = 1 << 20
    summary: str = ""  # one line for the generated reference
    takes: Any = None  # type of the JSON body; None: no body is read
    gives: Any = None  # type of the JSON answer; None: no body, or none that is JSON
    query: Mapping[str, str] = {}  # parameters behind the `?`, and what each does
    status: int = 0  # of the answer when all is well; 0: 200, or 204 for DELETE
    fresh: bool = False  # dangerous: a session with a passkey shows it again (step-up)
    lean: bool = False  # its answer is no stream and soon there: net/lean.py may serve it
    abandonable: bool = False  # is cancelled when who asks goes away: others work for the answer
    foreign: bool = False  # another program's agent asks: any Host, a made-up Origin, bare answers
    subprotocol: str = ""  # that the socket speaks when the peer offers it; it beats by itself
    # looks at a request before its body is read, and refuses it or finds what the handler needs
    before: Callable[[Request], Awaitable[object]] | None = None
    # the same answer as `before` and `handler` give, where neither waits for anything; None or an
    # error: they are asked, as if this had not been. For Public.CREDENTIALS and PROOF, whose
    # requests say themselves who asks (net/atonce.py)
    at_once: "Callable[[Request], Response | Begun | None] | None" = None
    # of a lean route: the same answer as `handler` gives, within some seconds, told where it comes
    # in; None or an error: nothing was asked, and the handler is (net/lean.py)
    asks: "Callable[[Request, Told, float], Withdraw | None] | None" = None
    # what is known of a request from an earlier one; None: nothing, `at_once` is asked
    again: "Callable[[Request], Repeat | None] | None" = None


def small_route(
    method: str,
    path: str,
    allow: Action | Public,
    handler: Handler,
    summary: str,
    *,
    max_body_bytes: int = _SMALL,
    takes: Any = None,  # noqa: ANN401 - a type, of whatever shape
    gives: Any = None,  # noqa: ANN401
    query: Mapping[str, str] | None = None,
    status: int = 0,
    fresh: bool = False,
) -> Route:
    """A Route whose requests are small documents: names, choices, a password."""
    return Route(
        method=method,
        path=path,
        allow=allow,
        handler=handler,
        max_body_bytes=max_body_bytes,
        summary=summary,
        takes=takes,
        gives=gives,
        query=query or {},
        status=status,
        fresh=fresh,
    )
