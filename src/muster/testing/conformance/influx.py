"""Recorded queries of InfluxDB, asked of a server, and how its answers differ."""

import difflib
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from muster.errors import InputError
from muster.testing.influxasking import ask, documents, equal, shape, tolerance_of
from muster.testing.influxmemory import MemorySource

DATABASE = "g"  # of the recorded queries
_SHOWN_LINES = 60  # of one difference


class Corpus(NamedTuple):
    """What was recorded, and the points that were there."""

    cases: Sequence[Mapping[str, Any]]
    points: bytes


class Server(Protocol):
    """Who is asked. Errors: InputError when it does not do as it should."""

    def write(self, database: str, points: bytes) -> None:
        """Make the database, if need be, and write points with nanoseconds."""
        ...

    def ask(self, query: str, params: Mapping[str, str]) -> tuple[int, bytes]:
        """Status and body."""
        ...


class _Memory:
    def __init__(self) -> None:
        self._source = MemorySource()

    def write(self, database: str, points: bytes) -> None:
        self._source.create(database)
        self._source.write(database, "autogen", points)

    def ask(self, query: str, params: Mapping[str, str]) -> tuple[int, bytes]:
        return ask(self._source, query, params)


def in_memory() -> Server:
    """The plain reading of what queries mean, without a hub."""
    return _Memory()


def load(path: Path) -> Corpus:
    """The corpus of a folder. Errors: InputError, OSError, JSONDecodeError."""
    content = json.loads((path / "golden_queries.json").read_text())
    if not isinstance(content, dict) or not content.get("cases"):
        raise InputError(f"{path / 'golden_queries.json'}: no cases")
    return Corpus(content["cases"], (path / "golden_dataset.lp").read_bytes())


def failures(corpus: Corpus, server: Server) -> Iterator[str]:
    """A text for each case that is answered otherwise."""
    server.write(DATABASE, corpus.points)
    for case in corpus.cases:
        status, body = server.ask(case["q"], case["params"])
        answer = case["answer"]
        wanted = [answer["json"]] if "json" in answer else documents(answer["text"])
        try:
            found = documents(body.decode())
        except ValueError:
            found = [body.decode(errors="replace")]
        if status != answer["status"]:
            yield f"{case['name']}: status {status}, not {answer['status']}\n{case['q']}"
        elif not _same(case, found, wanted):
            yield f"{case['name']}\n{case['q']}\n{_difference(found, wanted)}"


def _same(case: Mapping[str, Any], found: Sequence[Any], wanted: Sequence[Any]) -> bool:
    if case["volatile"]:
        return bool(shape(found) == shape(wanted))
    return equal(found, wanted, tolerance_of(case["q"]))


def _difference(found: Sequence[Any], wanted: Sequence[Any]) -> str:
    before, after = (json.dumps(each, indent=1).splitlines() for each in (wanted, found))
    lines = list(difflib.unified_diff(before, after, "recorded", "found", lineterm="", n=2))
    more = [f"... {len(lines) - _SHOWN_LINES} more lines"] if len(lines) > _SHOWN_LINES else []
    return "\n".join([*lines[:_SHOWN_LINES], *more])
