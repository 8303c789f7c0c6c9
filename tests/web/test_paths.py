"""The web UI asks for nothing that the documented interface does not have."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
API = ROOT / "web/src/api"
PAGE = ROOT / "docs/reference/http.md"  # made from the routes, and checked to be

_CALL = re.compile(r'\b(?:get|call)(?:<[^;(]*?>)?\(\s*(?:"([A-Z]+)",\s*)?([`"])(/[^`"]*)\2')
_VALUE = re.compile(r"\$\{[^}]*\}")
_QUERY = re.compile(r"\?.*|\$\{[^}]*$")  # also one that is put together in a value
_ROUTE = re.compile(r"^\| `([A-Z]+) /api/v1(/[^`]*)`", re.MULTILINE)


def asked() -> set[tuple[str, str]]:
    """Method and path of each call, with * where a value goes."""
    calls = (call for file in sorted(API.glob("*.ts")) for call in _CALL.finditer(file.read_text()))
    return {(call[1] or "GET", _QUERY.sub("", _VALUE.sub("*", call[3]))) for call in calls}


def documented() -> list[tuple[str, list[str]]]:
    return [(method, path.split("/")) for method, path in _ROUTE.findall(PAGE.read_text())]


def fits(asked_for: str, parts: list[str]) -> bool:
    """A value of the page may stand for a word of the route, and the other way round."""
    words = asked_for.split("/")
    return len(words) == len(parts) and all(
        word in (part, "*") or part.startswith("{") for word, part in zip(words, parts, strict=True)
    )


def test_each_call_of_the_pages_is_a_route_of_the_documented_interface():
    routes, calls = documented(), asked()

    assert len(calls) > 60
    for method, path in calls:
        assert any(method == each and fits(path, parts) for each, parts in routes), (method, path)


def test_there_is_one_way_to_ask():
    """One `fetch` and one WebSocket, both under /api/v1."""
    sources = [*(ROOT / "web/src").rglob("*.ts"), *(ROOT / "web/src").rglob("*.tsx")]
    text = "\n".join(path.read_text() for path in sources)

    assert len(re.findall(r"\bfetch\(", text)) == 1
    assert "fetch(outward(`/api/v1${path}`)" in text
    assert len(re.findall(r"new WebSocket\(", text)) == 1
    assert "XMLHttpRequest" not in text
    assert "EventSource" not in text
