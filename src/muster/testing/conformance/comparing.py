"""When an answer is the recorded one, and how it differs.

Rules: numbers up to 1e-12 of their size, forecasts to 1e-3; of what is volatile the shape; numbers
of shards, groups and queries are of no interest; the series of `integral` come in any order; of
headers those that say something of the answer. What InfluxDB 1.6.7 says of statements behind one
that failed may also be said in full.
"""

import difflib
import json
import re
from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

from muster.testing.conformance.serving import Answer
from muster.testing.influxasking import equal, tolerance_of

Json: TypeAlias = Any  # of whatever shape

_SHOWN_LINES = 60  # of one difference
_HEADERS = ("content-type", "x-influxdb-error", "www-authenticate")
_NUMBERS = frozenset(("id", "shard_group", "qid"))
_NOT_EXECUTED = "not executed"
_SHARD = re.compile(r"^shard \d+: ")
_INTEGRAL = re.compile(r"\bintegral\s*\(.*\bGROUP\s+BY\b", re.IGNORECASE | re.DOTALL)
_BY_NUMBER = re.compile(r"^\s*SHOW\s+(SHARD|QUERIES)", re.IGNORECASE)


def difference_of_answer(
    found: Answer, wanted: Mapping[str, Any], query: str = "", *, volatile: bool = False
) -> str:
    """How an answer differs from a recorded one; empty when it does not."""
    head: dict[str, Any] = {"status": found.status}
    recorded_head: dict[str, Any] = {"status": wanted["status"]}
    if wanted.get("headers"):
        head |= _headers(found.headers, found)
        recorded_head |= _headers(wanted["headers"], found)
    told = difference(head, recorded_head)
    if told or not ("json" in wanted or "text" in wanted):
        return told
    texts = [wanted["text"]] if "text" in wanted else []
    recorded = [wanted["json"]] if "json" in wanted else _documents(*texts)
    if recorded is None:
        body = found.body.decode(errors="replace")
        return "" if body == wanted["text"] else difference(body, wanted["text"])
    answered = _documents(found.body.decode(errors="replace"))
    return difference_of_results(answered, recorded, query, volatile=volatile)


def difference_of_results(
    found: Json,
    wanted: Json,
    query: str = "",
    *,
    volatile: bool = False,
) -> str:
    """The same of JSON alone."""
    if _same(found, wanted, query, volatile=volatile):
        return ""
    if volatile:
        found, wanted = _shape(found), _shape(wanted)
    return difference(found, wanted)


def difference(found: Json, wanted: Json) -> str:
    """Lines of a diff; empty for what is equal."""
    if found == wanted:
        return ""
    before, after = (json.dumps(each, indent=1).splitlines() for each in (wanted, found))
    lines = list(difflib.unified_diff(before, after, "recorded", "found", lineterm="", n=2))
    more = [f"... {len(lines) - _SHOWN_LINES} more lines"] if len(lines) > _SHOWN_LINES else []
    return "\n".join([*lines[:_SHOWN_LINES], *more])


def matches_pattern(found: Json, pattern: str) -> bool:
    """Whether an answer is what upstream's own tests expect of it."""
    text = json.dumps(found, separators=(",", ":"), ensure_ascii=False)
    try:
        return re.search(pattern, text) is not None
    except re.error:
        return False


def _headers(given: Mapping[str, str], found: Answer) -> dict[str, str]:
    """What is compared. An empty body has no type worth a word."""
    kept = {name: given.get(name, "").partition(";")[0].strip() for name in _HEADERS}
    if not found.body and found.status in (200, 204):
        del kept["content-type"]
    kept["x-influxdb-version"] = "there" if given.get("x-influxdb-version") else ""
    return kept


def _documents(text: str) -> list[Json] | None:
    """All JSON documents of a body, one a line; None where it is something else."""
    try:
        return [json.loads(line) for line in text.splitlines()]
    except ValueError:
        pass
    try:
        return [json.loads(text)]
    except ValueError:
        return None


def _same(found: Json, wanted: Json, query: str, *, volatile: bool) -> bool:
    if volatile:
        return bool(_shape(found) == _shape(wanted))
    if _BY_NUMBER.match(query):
        found, wanted = _unnumbered(found), _unnumbered(wanted)
    if _INTEGRAL.search(query):
        found, wanted = _sorted_series(found), _sorted_series(wanted)
    found, wanted = _told_in_full(_of_no_shard(found), _of_no_shard(wanted))
    return equal(found, wanted, tolerance_of(query))


def _shape(value: Json) -> Json:
    if isinstance(value, dict):
        return {key: _shape(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_shape(each) for each in value]
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return "number" if is_number else type(value).__name__


def _series_of(answer: Json) -> Sequence[dict[str, Any]]:
    """Of an answer that is one: documents, or one document."""
    documents = answer if isinstance(answer, list) else [answer]
    return [
        series
        for document in documents
        if isinstance(document, dict)
        for result in document.get("results", ())
        for series in result.get("series", ())
    ]


def _unnumbered(answer: Json) -> Json:
    copy = json.loads(json.dumps(answer))
    for series in _series_of(copy):
        places = [at for at, name in enumerate(series["columns"]) if name in _NUMBERS]
        for row in series.get("values", ()):
            for place in places:
                row[place] = 0
    return copy


def _of_no_shard(value: Json) -> Json:
    """Errors without the number of the shard that they are of."""
    if isinstance(value, dict):
        return {
            key: _SHARD.sub("shard: ", each)
            if key == "error" and isinstance(each, str)
            else _of_no_shard(each)
            for key, each in value.items()
        }
    if isinstance(value, list):
        return [_of_no_shard(each) for each in value]
    return value


def _sorted_series(answer: Json) -> Json:
    copy = json.loads(json.dumps(answer))
    for document in copy if isinstance(copy, list) else [copy]:
        for result in document.get("results", ()):
            if "series" in result:
                result["series"].sort(key=lambda one: json.dumps(one.get("tags", {})))
    return copy


def _told_in_full(found: Json, wanted: Json) -> tuple[Json, Json]:
    """Both without what follows a statement that failed, if they agree that it did."""
    if isinstance(wanted, list) and isinstance(found, list) and len(found) == len(wanted) == 1:
        (one, other) = _told_in_full(found[0], wanted[0])
        return [one], [other]
    try:
        errors = [each.get("error") for each in wanted["results"]]
        failed = errors.index(_NOT_EXECUTED)
        later = found["results"][failed:]
    except (TypeError, KeyError, ValueError, AttributeError):
        return found, wanted
    agrees = later and "error" in later[0] and _all_not_executed(later[1:])
    if not agrees:
        return found, wanted
    return {"results": found["results"][:failed]}, {"results": wanted["results"][:failed]}


def _all_not_executed(results: Sequence[Mapping[str, Any]]) -> bool:
    return all(each.get("error") == _NOT_EXECUTED for each in results)
