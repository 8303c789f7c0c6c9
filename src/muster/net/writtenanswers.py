"""Answers as the bytes of one write.

Source: RFC 9112 sections 4 and 6
"""

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from http import HTTPStatus

from muster.net.guards import answer_headers
from muster.net.http import Response
from muster.net.httpdate import http_date

_HEADERS = answer_headers("", browser=False)
_LENGTH, _DATE = "Content-Length", "Date"
_BEGIN = "".join(f"{name}: {text}\r\n" for name, text in _HEADERS.items())
_LINES: Mapping[int, str] = {
    status: f"HTTP/1.1 {status} {status.phrase}\r\n{_BEGIN}"
    for status in HTTPStatus
    if status == HTTPStatus.OK or status >= HTTPStatus.BAD_REQUEST  # these have bodies
}
_NAME, _TEXT = re.compile(r"[!#-'*+.^_`|~0-9A-Za-z-]+"), re.compile(r"[ -~]*")
_MOST_BEGINS = 64
_LONG = 2_048  # bytes of a body that is not copied behind its head


def written(
    response: Response, headers: Mapping[str, str], stamp: str = ""
) -> Sequence[bytes] | None:
    """Parts of an answer with these headers; `stamp` are lines of more. None: it is not plain."""
    begin = _begin(response.status, response.content_type, tuple(headers.items()))
    if begin is None or response.stream is not None:
        return None
    body = response.body
    head = f"{begin}{stamp}{_LENGTH}: {len(body)}\r\n{_DATE}: {http_date()}\r\n\r\n"
    text = head.encode()
    return (text + body,) if len(body) < _LONG else (text, body)


def header_lines(headers: Mapping[str, str]) -> str | None:
    """None where they are not plain: they would make other lines."""
    if not all(map(_NAME.fullmatch, headers)) or not all(map(_TEXT.fullmatch, headers.values())):
        return None
    return "".join([f"{name}: {text}\r\n" for name, text in headers.items()])


@lru_cache(_MOST_BEGINS)
def _begin(status: int, content_type: str, headers: tuple[tuple[str, str], ...]) -> str | None:
    begin, own = _LINES.get(status), {"Content-Type": content_type, **dict(headers)}
    lines = header_lines(own)
    is_new = len(own) == len(headers) + 1 and own.keys().isdisjoint((*_HEADERS, _LENGTH, _DATE))
    return begin + lines if begin is not None and lines is not None and is_new else None
