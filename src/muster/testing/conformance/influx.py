"""A folder of recordings of InfluxDB, each of them asked again, and how the answers differ.

Source: specification of the corpus; each file may be missing.
"""

import base64
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

from muster.errors import InputError
from muster.testing.conformance.comparing import difference_of_answer, difference_of_results
from muster.testing.conformance.parsing import difference_of_lines, difference_of_text
from muster.testing.conformance.serving import Exchange, Server
from muster.testing.conformance.steps import asked, differences_of_steps, written

Case: TypeAlias = Mapping[str, Any]
_STATEMENTS = ("CREATE", "ALTER", "DROP", "DELETE", "GRANT", "REVOKE", "SET", "SELECT")
_QUERIES, _DATASET, _DATABASE = "golden_queries.json", "golden_dataset.lp", "g"
_FILES = (
    "line_protocol.json",
    "influxql_parse.json",
    _QUERIES,
    "golden_writes.json",
    "golden_http.json",
    "golden_sequences.json",
    "server_sequences.json",
    "golden_auth.json",
)


class Corpus(NamedTuple):
    """The recordings of a folder by file, and the points that their queries are about."""

    files: Mapping[str, Sequence[Case]]
    database: str
    points: bytes

    @property
    def databases(self) -> set[str]:
        """Those that recorded requests make."""
        found = {self.database, "w"}
        for cases in self.files.values():
            for case in cases:
                found |= _databases_of(case)
        return found


class Outcome(NamedTuple):
    """One case; `told` says how it was answered otherwise, and is empty for one that passed."""

    name: str
    told: str


def load(path: Path) -> Corpus:
    """Errors: InputError for a folder without recordings, OSError, JSONDecodeError."""
    contents = {
        name: json.loads((path / name).read_text(encoding="utf-8"))
        for name in _FILES
        if (path / name).is_file()
    }
    files = {name: _cases(content) for name, content in contents.items()}
    if not any(files.values()):
        raise InputError(f"{path}: no recordings; looked for {', '.join(_FILES)}")
    queries = contents.get(_QUERIES, {})
    about = queries if isinstance(queries, dict) else {}
    dataset = path / about.get("dataset", _DATASET)
    points = dataset.read_bytes() if dataset.is_file() else b""
    return Corpus(files, about.get("db", _DATABASE), points)


def outcomes(corpus: Corpus, server: Server, guarded: Server) -> Iterator[Outcome]:
    """Of all cases. `guarded` asks who its clients are, and is fresh."""
    runs: Mapping[str, Callable[[Sequence[Case]], Iterator[Outcome]]] = {
        "line_protocol.json": lambda cases: _of_texts(cases, difference_of_lines),
        "influxql_parse.json": lambda cases: _of_texts(cases, difference_of_text),
        _QUERIES: lambda cases: _of_queries(cases, corpus, server),
        "golden_writes.json": lambda cases: _of_writes(cases, server),
        "golden_http.json": lambda cases: _of_http(cases, corpus, server),
        "golden_sequences.json": lambda cases: _of_sequences(cases, server),
        "server_sequences.json": lambda cases: _of_sequences(cases, server),
        "golden_auth.json": lambda cases: _of_auth(cases, guarded),
    }
    for name, cases in corpus.files.items():
        if cases:
            yield from runs[name](cases)


def _of_texts(cases: Sequence[Case], differ: Callable[[Case], str]) -> Iterator[Outcome]:
    for case in cases:
        told = differ(case)
        yield Outcome(case["name"], f"{case['input'][:500]!r}\n{told}" if told else "")


def _of_queries(cases: Sequence[Case], corpus: Corpus, server: Server) -> Iterator[Outcome]:
    server.fresh()
    _fill(server, corpus)
    for case in cases:
        found = asked(server, case["q"], case["params"], case.get("method", "POST"))
        told = difference_of_answer(
            found, case["answer"], case["q"], volatile=case.get("volatile", False)
        )
        yield Outcome(case["name"], f"{case['q']}\n{told}" if told else "")


def _of_writes(cases: Sequence[Case], server: Server) -> Iterator[Outcome]:
    for case in cases:
        server.fresh()
        server.set_time(case.get("sent_at_ns", 0))
        _create(server, "w")
        for pre in case["pre"]:
            if pre.split(" ")[0].upper() in _STATEMENTS:
                asked(server, pre, {"db": "w"})
            else:
                written(server, {"db": "w"}, pre.encode())
        volatile = case.get("volatile", False)
        told = difference_of_answer(server.ask(_exchange(case)), case["answer"])
        if not told and case.get("follow_query"):
            follow = asked(server, case["follow_query"], {"db": "w", "epoch": "ns"})
            told = difference_of_results(
                json.loads(follow.body), case["follow_answer"], volatile=volatile
            )
        yield Outcome(case["name"], told)


def _of_http(cases: Sequence[Case], corpus: Corpus, server: Server) -> Iterator[Outcome]:
    server.fresh()
    _fill(server, corpus)
    _create(server, "w")
    for case in cases:
        found = server.ask(_exchange(case))
        volatile = case.get("volatile", False)
        yield Outcome(case["name"], difference_of_answer(found, case["answer"], volatile=volatile))


def _of_sequences(cases: Sequence[Case], server: Server) -> Iterator[Outcome]:
    for case in cases:
        volatile = case.get("volatile", False)
        told = differences_of_steps(case["steps"], server, volatile=volatile)
        yield Outcome(case["name"], "\n".join(told))


def _of_auth(cases: Sequence[Case], server: Server) -> Iterator[Outcome]:
    server.fresh()
    for case in cases:
        found = server.ask(_exchange(case))
        told = "" if case.get("answer_hidden") else difference_of_answer(found, case["answer"])
        if not case.get("answer_hidden"):
            yield Outcome(case["name"], told)


def _fill(server: Server, corpus: Corpus) -> None:
    """Errors: InputError when the points are not taken."""
    _create(server, corpus.database)
    if corpus.points:
        answer = written(server, {"db": corpus.database, "precision": "ns"}, corpus.points)
        _require(answer.status, answer.body)


def _create(server: Server, database: str) -> None:
    answer = asked(server, f'CREATE DATABASE "{database}"', {})
    _require(answer.status, answer.body)


def _require(status: int, body: bytes) -> None:
    if status not in (200, 204):
        raise InputError(f"the server answers {status}: {body[:300].decode(errors='replace')}")


def _exchange(case: Case) -> Exchange:
    body = (case.get("body") or "").encode("utf-8", "surrogateescape")
    if case.get("body_b64"):
        body = base64.b64decode(case["body_b64"])
    params = {key: str(value) for key, value in (case.get("params") or {}).items()}
    return Exchange(case["method"], case["path"], params, case.get("headers") or {}, body)


def _cases(content: Any) -> Sequence[Case]:  # noqa: ANN401 - JSON
    found = content.get("cases", ()) if isinstance(content, dict) else content
    return [case for case in found if isinstance(case, dict)]


def _databases_of(case: Case) -> set[str]:
    """Names behind CREATE DATABASE, and those of steps."""
    found = {step["db"] for step in case.get("steps", ()) if "db" in step}
    for text in [json.dumps(case.get("params") or {}), str(case.get("q", ""))] + [
        str(step.get("q", "")) for step in case.get("steps", ())
    ]:
        words = text.replace(";", " ").replace('\\"', " ").replace('"', " ").split()
        for first, second, name in zip(words, words[1:], words[2:], strict=False):
            if (first.upper(), second.upper()) == ("CREATE", "DATABASE"):
                found.add(name.strip("},"))
    return found
