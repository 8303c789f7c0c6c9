"""Patterns that a body has to hold, in time that grows with the body alone.

Python's own `re` goes back over a text, so that a pattern can take as long as its writer likes;
RE2 is a megabyte that an agent has no room for. So the form is read by Python's parser, and run
as a set of places in the pattern (Thompson), whose steps are remembered. What cannot be run so
(references back, looking around, words' borders) is refused. `^` and `$` are the text's ends.
"""

import importlib
import re
import warnings
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Any, NamedTuple

from muster.errors import InputError, LimitExceeded

MAX_CHARS = 256
MAX_PLACES = 1_000  # of a pattern, with its repetitions written out
MAX_STEPS = 20_000  # worked out for one text; those remembered cost nothing

Fits = Callable[[str], bool]


class _Place(NamedTuple):
    """One step of a pattern: a character that fits, or a fork; then where it goes on."""

    fits: Fits | None  # None: without taking a character
    then: tuple[int, ...]
    only: str = ""  # "begin" or "end": only there


class Pattern:
    """A pattern made ready."""

    def __init__(self, source: str) -> None:
        self.source = source
        self._literal = "" if re.escape(source) != source else source
        self._places: list[_Place] = []
        self._done = self._add(_Place(None, ()))
        tree, flags = _parse(source)
        self._first = self._sequence(tree, flags, self._done)

    def found_in(self, text: str) -> bool:
        """Whether the text has it anywhere. Errors: LimitExceeded when that costs too much."""
        if self._literal:
            return self._literal in text
        steps: dict[tuple[frozenset[int], str], frozenset[int]] = {}
        begin = self._reach([self._first], at_begin=True, at_end=not text)
        again = self._reach([self._first], at_begin=False, at_end=False)
        now = begin
        for char in text:
            if self._done in now:
                return True
            key = (now, char)
            following = steps.get(key)
            if following is None:
                if len(steps) >= MAX_STEPS:
                    raise LimitExceeded(f"the pattern {self.source[:80]!r} costs too much here")
                following = steps[key] = self._step(now, char) | again
            now = following
        return self._done in now or self._done in self._reach(
            [*now, self._first], at_begin=not text, at_end=True
        )

    def _step(self, now: frozenset[int], char: str) -> frozenset[int]:
        found = [
            place
            for number in now
            if (fits := self._places[number].fits) is not None and fits(char)
            for place in self._places[number].then
        ]
        return self._reach(found, at_begin=False, at_end=False)

    def _reach(self, places: Iterable[int], *, at_begin: bool, at_end: bool) -> frozenset[int]:
        """All places that can be reached without a character; those that wait for the end stay."""
        seen: set[int] = set()
        waiting = list(places)
        while waiting:
            number = waiting.pop()
            if number in seen:
                continue
            place = self._places[number]
            if place.only == "begin" and not at_begin:
                continue
            seen.add(number)
            if place.fits is None and (place.only != "end" or at_end):
                waiting += place.then
        return frozenset(seen)

    def _add(self, place: _Place) -> int:
        if len(self._places) >= MAX_PLACES:
            raise InputError("the pattern is too large with its repetitions written out")
        self._places.append(place)
        return len(self._places) - 1

    def _sequence(self, items: Iterable[Any], flags: int, then: int) -> int:
        """Places of these items one after the other; where they begin."""
        for operation, value in reversed(list(items)):
            then = self._item(str(operation), value, flags, then)
        return then

    def _item(self, operation: str, value: Any, flags: int, then: int) -> int:  # noqa: ANN401
        match operation:
            case "LITERAL" | "NOT_LITERAL" | "ANY" | "IN":
                return self._add(_Place(_fitter(operation, value, flags), (then,)))
            case "AT":
                return self._add(_Place(None, (then,), _end_of(str(value))))
            case "BRANCH":
                ways = [self._sequence(way, flags, then) for way in value[1]]
                return self._add(_Place(None, tuple(ways)))
            case "SUBPATTERN":
                _group, added, removed, inner = value
                return self._sequence(inner, _checked((flags | added) & ~removed), then)
            case "MAX_REPEAT" | "MIN_REPEAT":
                return self._repeat(value, flags, then)
            case _:
                raise InputError(f"a pattern cannot have {operation.lower().replace('_', ' ')}")

    def _repeat(self, value: Any, flags: int, then: int) -> int:  # noqa: ANN401 - parser's tree
        least, most, inner = value
        if str(most) == "MAXREPEAT":
            loop = self._add(_Place(None, ()))
            body = self._sequence(inner, flags, loop)
            self._places[loop] = _Place(None, (body, then))
            then = loop
        else:
            end = then
            for _ in range(min(int(most) - int(least), MAX_PLACES)):
                then = self._add(_Place(None, (self._sequence(inner, flags, then), end)))
        for _ in range(min(int(least), MAX_PLACES)):
            # A place of its own for each: nothing, repeated, shall count as well.
            then = self._add(_Place(None, (self._sequence(inner, flags, then),)))
        return then


@lru_cache(maxsize=64)
def compile_pattern(source: str) -> Pattern:
    """Errors: InputError for what is no pattern, too long, or cannot be run in linear time."""
    return Pattern(source)


def _parse(source: str) -> tuple[Any, int]:
    if len(source) > MAX_CHARS:
        raise InputError(f"a pattern has up to {MAX_CHARS} characters, not {len(source)}")
    # The parser behind `re`, whose tree is Python's own affair; no other one is at hand.
    parser: Any = importlib.import_module("re._parser")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of forms that may mean something else some day
            tree = parser.parse(source)
    except (re.error, OverflowError, RecursionError) as error:
        raise InputError(f"not a pattern: {source[:80]!r}: {error}") from error
    return tree, _checked(tree.state.flags)


def _checked(flags: int) -> int:
    if flags & re.MULTILINE:
        raise InputError("a pattern cannot have the flag m: ^ and $ are the ends of the text")
    return flags


def _end_of(at: str) -> str:
    match at:
        case "AT_BEGINNING" | "AT_BEGINNING_STRING":
            return "begin"
        case "AT_END" | "AT_END_STRING":
            return "end"
        case _:
            raise InputError(f"a pattern cannot have {at.lower().replace('_', ' ')}")


def _fitter(operation: str, value: Any, flags: int) -> Fits:  # noqa: ANN401 - parser's tree
    if operation == "ANY":
        return (lambda _: True) if flags & re.DOTALL else (lambda char: char != "\n")
    if operation == "IN":
        return _set(value, ignores_case=bool(flags & re.IGNORECASE))
    wanted, is_wanted = chr(value), operation == "LITERAL"
    if flags & re.IGNORECASE:
        wanted = wanted.lower()
        return lambda char: (char.lower() == wanted) is is_wanted
    return lambda char: (char == wanted) is is_wanted


def _set(members: Any, *, ignores_case: bool) -> Fits:  # noqa: ANN401 - parser's tree
    is_negated = str(members[0][0]) == "NEGATE"
    tests = [_member(str(kind), value) for kind, value in members[is_negated:]]

    def has(char: str) -> bool:
        ways = {char, char.lower(), char.upper()} if ignores_case else (char,)
        return any(test(way) for test in tests for way in ways)

    return lambda char: has(char) is not is_negated


def _member(kind: str, value: Any) -> Fits:  # noqa: ANN401 - parser's tree
    match kind:
        case "LITERAL":
            return lambda char: ord(char) == value if len(char) == 1 else False
        case "RANGE":
            low, high = value
            return lambda char: len(char) == 1 and low <= ord(char) <= high
        case _:
            return _CATEGORIES[str(value)]


def _is_word(char: str) -> bool:
    return char.isalnum() or char == "_"


_CATEGORIES: dict[str, Fits] = {
    "CATEGORY_DIGIT": str.isdecimal,
    "CATEGORY_NOT_DIGIT": lambda char: not char.isdecimal(),
    "CATEGORY_SPACE": str.isspace,
    "CATEGORY_NOT_SPACE": lambda char: not char.isspace(),
    "CATEGORY_WORD": _is_word,
    "CATEGORY_NOT_WORD": lambda char: not _is_word(char),
}
