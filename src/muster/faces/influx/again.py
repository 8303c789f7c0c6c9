"""Requests that came before, but for the times in them: what was found out of them is used again.

A dashboard asks the same every some seconds, of a window that moves. Of the text behind the `?`
the places of the times are known, by their digits; that other digits there change the times of
its statements and nothing else is tried once, by reading the text with other digits. Who asks is
told by the same headers, as long as its user stays as it was. Of these, which may hold a password,
a keyed digest is remembered; a text that holds one is not.
"""

import hashlib
import os
import re
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from itertools import zip_longest
from urllib.parse import parse_qsl

import msgspec

from muster.core.influxql.databasestatements import Asked
from muster.core.influxql.preparedstatements import Listed, Prepared
from muster.faces.influx.answers import AnswerForm
from muster.faces.influx.callers import Caller
from muster.influxql.planning.repeated import Template, altered
from muster.net.http import Request

_MOST = 256
_MOST_CHARS = 2_000  # of a text
# Digits of times are many; fewer digits are a part of what has to be the same.
_DIGITS = re.compile(r"(?<![0-9])([1-9][0-9]{9,18})(?![0-9])")
_GAP = "\0"  # is in no text that was sent
_NEVER = ()


class Known(msgspec.Struct, frozen=True):
    """What was made of one request. Shapes: `given` are its parameters but for the statements."""

    caller: Caller
    given: Mapping[str, str]
    form: AnswerForm
    asked: Asked
    template: Template
    prepared: Prepared | Listed | None  # of its only statement; None: its plan is looked for


class _Shape(msgspec.Struct, frozen=True):
    """Where a text has its times, so that the next one like it need not be searched for them.

    Shapes: places ascend; `pieces` stand before, between and behind the times.
    """

    key: str
    pieces: Sequence[tuple[int, str]]
    times: Sequence[slice]

    @classmethod
    def of(cls, key: str, digits: Sequence[str]) -> "_Shape":
        pieces, times, end = [], [], 0
        for piece, time in zip_longest(key.split(_GAP), digits, fillvalue=""):
            start = end + len(piece)
            pieces.append((end, piece))
            end = start + len(time)
            times.append(slice(start, end))
        return cls(key, pieces, times[:-1])

    def digits(self, text: str) -> list[str] | None:
        """Those of a text of the same length that has digits there and is the same elsewhere."""
        for start, piece in self.pieces:
            if not text.startswith(piece, start):
                return None
        digits = []
        for place in self.times:
            time = text[place]
            if time < "1" or not time.isdecimal():
                return None
            digits.append(time)
        return digits


class AskedBefore:
    """The latest so many requests. Used on the event loop's thread."""

    def __init__(self, random: Callable[[int], bytes] = os.urandom) -> None:
        self._secret = random(32)
        self._latest: tuple[Request, bytes] | None = None  # one that holds no password
        self._shapes: dict[int, _Shape] = {}  # of the latest text of each length
        # None: it was looked at, and others cannot be told by it
        self._known: OrderedDict[tuple[bytes, str], Known | None] = OrderedDict()

    def find(self, request: Request, text: str) -> tuple[Known, Sequence[str]] | None:
        """What is known of a request with such a text, and the digits of its times."""
        shape = self._shapes.get(len(text))
        digits = None if shape is None else shape.digits(text)
        if shape is not None and digits is not None:
            known = self._known.get((self._asker(request), shape.key))
            return None if known is None else (known, digits)
        key, digits = _parted(text)
        known = self._known.get((self._asker(request), key))
        if known is None:
            return None
        if len(self._shapes) >= _MOST:
            self._shapes.clear()
        self._shapes[len(text)] = _Shape.of(key, digits)
        return known, digits

    def keep(self, request: Request, q: str, make: Callable[[], Known | None]) -> None:
        """Remember what is made of a request with the statements `q`."""
        text = request.query_text
        key, digits = _parted(text)
        place = self._asker(request), key
        if self._known.get(place, _NEVER) is None or len(text) > _MOST_CHARS:
            return
        known = None if "p" in request.query else make()
        self._known[place] = known if known and _tells(known, key, digits, q) else None
        self._known.move_to_end(place)
        if len(self._known) > _MOST:
            self._known.popitem(last=False)

    def _asker(self, request: Request) -> bytes:
        """Who asks: where from, by which headers and certificate."""
        if self._latest is not None and self._latest[0] is request:
            return self._latest[1]
        text = "\0".join((request.address, *request.headers.keys(), *request.headers.values()))
        digest = hashlib.blake2b(text.encode("utf-8", "surrogatepass"), key=self._secret)
        digest.update(request.peer_certificate)
        found = digest.digest()
        self._latest = None if "authorization" in request.headers else (request, found)
        return found


def _parted(text: str) -> tuple[str, list[str]]:
    parts = _DIGITS.split(text)
    digits = parts[1::2]
    parts[1::2] = [_GAP] * len(digits)
    return "".join(parts), digits


def _tells(known: Known, key: str, digits: list[str], q: str) -> bool:
    """Whether other digits there change the times of the statements, and nothing else."""
    template = known.template
    if template.digits(q) != digits:
        return False
    others = altered(digits)
    rest = iter(others)
    query = parse_qsl(re.sub(_GAP, lambda _: next(rest), key), keep_blank_values=True)
    found = dict(query)
    statements = found.pop("q", "")
    return (
        len(query) == len(found) + 1
        and found == known.given
        and template.is_of(statements)
        and template.digits(statements) == others
    )
