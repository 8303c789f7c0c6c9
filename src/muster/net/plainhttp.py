"""The answer to a browser that speaks plain HTTP to a port of TLS. Pure.

What a browser asks for it is sent to by HTTPS, at the same host and port. A host that the hub
does not go by is not repeated, and what would change something is not taken: it was sent for
all to read already.

Source: RFC 9112 section 3 (request line); RFC 9110 section 15.4.9 (308).
"""

import re
from collections.abc import Callable
from http import HTTPStatus

from muster.errors import MusterError

MAX_HEAD = 16_384
END = b"\r\n\r\n"

RequireKnown = Callable[[str], None]  # raises for a host that the hub does not go by

_REQUEST = re.compile(r"(GET|HEAD) (/[!-~]*) HTTP/1\.[01]\r\n")
_HOST = re.compile(r"^host:[ \t]*([^\r\n]*?)[ \t]*\r$", re.IGNORECASE | re.MULTILINE)
_SPEAK_TLS = "this port speaks HTTPS alone; open it by https://\n"


def is_plain(first: int) -> bool:
    """Whether a connection's first byte begins a method rather than a TLS record."""
    return ord("A") <= first <= ord("Z")


def answer_plain(head: bytes, require_known: RequireKnown | None) -> bytes:
    """A whole answer to a request's head. `require_known` None: nothing is redirected."""
    text = head[:MAX_HEAD].decode("latin-1")
    request, hosts = _REQUEST.match(text), _HOST.findall(text.partition("\r\n\r\n")[0] + "\r\n")
    if request is None or len(hosts) != 1 or require_known is None:
        return _answer(HTTPStatus.BAD_REQUEST, _SPEAK_TLS)
    try:
        require_known(hosts[0])
    except MusterError as error:
        return _answer(HTTPStatus(error.status), f"{error}\n")
    location = f"https://{hosts[0]}{request[2]}"
    return _answer(HTTPStatus.PERMANENT_REDIRECT, _SPEAK_TLS, f"Location: {location}")


def _answer(status: HTTPStatus, text: str, *headers: str) -> bytes:
    body = text.encode()
    lines = (
        f"HTTP/1.1 {status.value} {status.phrase}",
        "Server: muster",
        "Content-Type: text/plain; charset=utf-8",
        "X-Content-Type-Options: nosniff",
        "Cache-Control: no-store",  # another program may have this port tomorrow
        f"Content-Length: {len(body)}",
        "Connection: close",
        *headers,
    )
    return "\r\n".join((*lines, "", "")).encode("latin-1") + body
