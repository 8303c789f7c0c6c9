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
from urllib.parse import parse_qsl

import msgspec

from muster.core.influxql.databasestatements import Asked
from muster.core.influxql.preparedstatements import Listed, Prepared
from muster.faces.influx.answers import AnswerForm
from muster.influxql.answers.results import StatementResult
from muster.influxql.planning.repeated import Template, altered
from muster.net.http import Request, Response

_MOST = 256
_MOST_CHARS = 2_000  # of a text
# Digits of times are many; fewer digits are a part of what has to be the same.
_DIGITS = re.compile(r"(?<![0-9])([1-9][0-9]{9,18})(?![0-9])")
_GAP = "\0"  # is in no text that was sent
_NEVER = ()


class Known(msgspec.Struct):
    """What was made of one request. Shapes: `given` are its parameters but for the statements.

    `is_still` says whether who asked is still let in.
    """

    is_still: Callable[[], bool]
    given: Mapping[str, str]
    form: AnswerForm
    asked: Asked
    template: Template
    prepared: Prepared | Listed | None  # of its only statement; None: its plan is looked for
    latest: tuple[StatementResult, Response] | None = None  # a result that may come again


class AskedBefore:
    """The latest so many requests. Used on the event loop's thread."""

    def __init__(self, random: Callable[[int], bytes] = os.urandom) -> None:
        self._secret = random(32)
        # None: it was looked at, and others cannot be told by it
        self._known: OrderedDict[tuple[bytes, str], Known | None] = OrderedDict()

    def find(self, request: Request) -> tuple[Known, Sequence[slice]] | None:
        """What is known of a request, and where its query has the digits of its times."""
        text = request.query_text
        known = self._known.get((self._asker(request), _parted(text)[0]))
        if known is None:
            return None
        return known, [slice(*found.span(1)) for found in _DIGITS.finditer(text)]

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
        text = "\0".join((request.address, *request.headers.keys(), *request.headers.values()))
        digest = hashlib.blake2b(text.encode("utf-8", "surrogatepass"), key=self._secret)
        digest.update(request.peer_certificate)
        return digest.digest()


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
