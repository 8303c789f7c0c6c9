"""Requests that follow each other on one server, as they were recorded, and their answers.

Two forms: `golden_sequences.json` has answers with status and headers, `server_sequences.json`
the documents alone. What was recorded of the time of recording is moved to the server's.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from muster.clock import DAY_NS, SECOND_NS
from muster.influxql.syntax.durations import spell_duration
from muster.testing.conformance.comparing import (
    difference,
    difference_of_answer,
    difference_of_results,
    matches_pattern,
)
from muster.testing.conformance.serving import Answer, Exchange, Server
from muster.testing.influxasking import NOW_NS

FORM = {"Content-Type": "application/x-www-form-urlencoded"}
_LINES = {"Content-Type": "text/plain; charset=utf-8"}
_RECENT = re.compile(r"\b1[0-9]{18}\b")  # a time in nanoseconds
_RECORDED_NS = NOW_NS - 30 * DAY_NS  # since when recordings were made


def differences_of_steps(
    steps: Sequence[Mapping[str, Any]], server: Server, *, volatile: bool
) -> Iterator[str]:
    """A text for each step that is answered otherwise."""
    server.fresh()
    newest = _newest(steps)
    moved_ns = server.set_time(newest + SECOND_NS) - newest - SECOND_NS if newest else 0
    for number, step in enumerate(steps, 1):
        told = _difference_of_step(_moved(step, moved_ns), server, volatile=volatile)
        if told:
            shown = step.get("q") or step.get("data", "")[:200] or step["op"]
            yield f"step {number}: {shown}\n{told}"


def asked(server: Server, query: str, params: Mapping[str, str], method: str = "POST") -> Answer:
    """A query, by its form for POST."""
    if method == "GET":
        return server.ask(Exchange("GET", "/query", {**params, "q": query}))
    body = urlencode({**params, "q": query}).encode()
    return server.ask(Exchange("POST", "/query", headers=FORM, body=body))


def written(server: Server, params: Mapping[str, str], lines: bytes) -> Answer:
    return server.ask(Exchange("POST", "/write", params, _LINES, lines))


def single(params: Mapping[str, Any]) -> dict[str, str]:
    """Parameters of which some recordings have lists."""
    return {
        key: str(value[0] if isinstance(value, list) else value) for key, value in params.items()
    }


def _difference_of_step(step: Mapping[str, Any], server: Server, *, volatile: bool) -> str:
    params = single(step.get("params") or {})
    match step["op"]:
        case "query":
            found = asked(server, step["q"], params, step.get("method", "POST"))
            return _difference_of_query(step, found, volatile=volatile)
        case "write":
            found = written(server, params, step["data"].encode("utf-8", "surrogateescape"))
            return _difference_of_write(step, found, volatile=volatile)
        case "create_db":
            return _made(asked(server, f"CREATE DATABASE {_quoted(step['db'])}", {}))
        case "create_db_rp":
            return _made_with_policy(step, server)
        case "drop_db":
            return _made(asked(server, f"DROP DATABASE {_quoted(step['db'])}", {}))
        case _:
            return f"unknown step {step['op']!r}"


def _difference_of_query(step: Mapping[str, Any], found: Answer, *, volatile: bool) -> str:
    wanted = step["answer"]
    volatile = volatile or step.get("volatile", False)
    if "status" in wanted:
        return difference_of_answer(found, wanted, step["q"], volatile=volatile)
    try:
        answer = json.loads(found.body)
    except ValueError:
        return difference(found.body.decode(errors="replace"), wanted)
    if step.get("upstream_pattern") and matches_pattern(answer, step["upstream_expected"]):
        return ""
    return difference_of_results(answer, wanted, step["q"], volatile=volatile)


def _difference_of_write(step: Mapping[str, Any], found: Answer, *, volatile: bool) -> str:
    if "answer" in step:
        return difference_of_answer(found, step["answer"], volatile=volatile)
    wanted = {"status": step.get("status", 204), "body": step.get("body", "")}
    if volatile:
        return difference(found.status, wanted["status"])
    return difference({"status": found.status, "body": found.body.decode()}, wanted)


def _made(found: Answer) -> str:
    return difference([found.status, b'"error"' in found.body], [200, False])


def _made_with_policy(step: Mapping[str, Any], server: Server) -> str:
    """Database and policy; a step that comes twice finds both there."""
    database, policy = _quoted(step["db"]), _quoted(step["rp"])
    duration = spell_duration(step["duration_ns"]) if step["duration_ns"] else "INF"
    default = " DEFAULT" if step.get("default") else ""
    told = _made(asked(server, f"CREATE DATABASE {database}", {}))
    return told or _made(
        asked(
            server,
            f"CREATE RETENTION POLICY {policy} ON {database} DURATION {duration}"
            f" REPLICATION 1{default}",
            {},
        )
    )


def _newest(steps: Sequence[Mapping[str, Any]]) -> int:
    """The newest time that is written, if it is one of the recording itself; else 0."""
    texts = [step.get("data", "") for step in steps]
    times = [int(found) for text in texts for found in _RECENT.findall(text)]
    recent = [time_ns for time_ns in times if _RECORDED_NS < time_ns < NOW_NS + DAY_NS]
    return max(recent, default=0)


def _moved(step: Mapping[str, Any], by_ns: int) -> Mapping[str, Any]:
    """What is written, with recent times moved."""
    if not by_ns or "data" not in step:
        return step

    def move(found: re.Match[str]) -> str:
        time_ns = int(found[0])
        return str(time_ns + by_ns) if time_ns > _RECORDED_NS else found[0]

    return {**step, "data": _RECENT.sub(move, step["data"])}


def _quoted(name: str) -> str:
    escaped = name.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
