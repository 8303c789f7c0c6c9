"""`muster audit`."""

import json
from urllib.parse import parse_qs, urlsplit

import pytest

from muster.clock import ManualClock
from muster.core.audit import make_event
from muster.model.access import Actor
from muster.store.records.records import SqliteRecords

HASH = "9f" * 32
EVENT = {
    "id": 7,
    "time_ns": 10**18,
    "actor": "ada",
    "action": "node.revoke",
    "object": "n",
    "address": "::1",
    "outcome": "ok",
    "detail": "",
    "space": "",
    "hash": HASH,
}
FINE = {
    "ok": True,
    "events": 7,
    "begins": {"id": 0, "hash": "0" * 64},
    "newest": {"id": 7, "hash": HASH},
    "fault": None,
}
FAULT = {"event": 5, "what": "missing", "text": "event 5 is gone"}


def test_events_are_listed(hub):
    hub.answers["GET /api/v1/audit"] = [EVENT]
    _, out, _ = hub.run("audit", "list", "--limit", "3", "--before", "9")

    assert out.splitlines()[1].split() == [
        "7", "2001-09-09T01:46:40Z", "ada", "node.revoke", "n", "::1", "ok", "-",
    ]  # fmt: skip
    assert hub.asked[0][1] == "/api/v1/audit?limit=3&before=9"
    assert hub.json("audit", "list") == [EVENT]


@pytest.mark.parametrize(
    ("words", "ids"),
    [
        (("--kind", "node"), [9, 7]),
        (("--kind", "no"), []),
        (("--match", "ADA web-01"), [8]),
        (("--refused",), [8, 5]),
        (("--kind", "node", "--limit", "1"), [9]),
    ],
)
def test_events_are_filtered_through_all_pages(hub, words, ids):
    token = {"action": "token.create", "outcome": "denied"}
    log = [
        EVENT | {"id": 9},
        EVENT | token | {"id": 8, "object": "web-01"},
        EVENT,
        EVENT | token | {"id": 5, "actor": "bob"},
    ]

    def answer(method, target, body):
        asked = parse_qs(urlsplit(target).query)
        older = [each for each in log if each["id"] < int(asked.get("before", ["99"])[0])]
        return 200, json.dumps(older[:2]).encode()

    hub.answer = answer

    assert [each["id"] for each in hub.json("audit", "list", *words)] == ids


def test_an_export_is_lines_of_all_events_page_by_page(hub):
    pages = [[EVENT, EVENT | {"id": 8}], [EVENT | {"id": 9}], []]
    hub.answer = lambda method, target, body: (
        hub.asked.append(target) or (200, json.dumps(pages.pop(0)).encode())
    )
    code, out, _ = hub.run("audit", "export", "--after", "6")

    assert code == 0
    assert [json.loads(line)["id"] for line in out.splitlines()] == [7, 8, 9]
    assert [target.partition("?")[2] for target in hub.asked] == [
        "after=6&limit=1000",
        "after=8&limit=1000",
        "after=9&limit=1000",
    ]


def test_a_log_as_it_was_written_is_told_with_the_hash_to_note(hub):
    hub.answers["GET /api/v1/audit/verify"] = FINE
    code, out, err = hub.run("audit", "verify", "--noted", f"3:{HASH}")

    assert (code, out) == (0, f"7:{HASH}\n")
    assert "events that are as they were written: 7;" in err
    assert hub.asked[0][1] == f"/api/v1/audit/verify?event=3&hash={HASH}"
    assert hub.json("audit", "verify") == FINE


def test_a_log_that_was_changed_is_a_failed_check(hub):
    hub.answers["GET /api/v1/audit/verify"] = FINE | {"ok": False, "fault": FAULT}
    code, _, err = hub.run("audit", "verify")

    assert code == 8
    assert "event 5 is not as it was written (missing): event 5 is gone" in err
    assert hub.run("audit", "verify", "--json")[0] == 8


@pytest.mark.parametrize("text", ["7", "x:y", f"{HASH}:7", "7:abc"])
def test_what_is_no_noted_hash_is_refused(hub, text):
    assert hub.run("audit", "verify", "--noted", text)[0] == 2
    assert hub.asked == []


@pytest.fixture
def export(tmp_path):
    """Lines of an export, as the hub makes them."""
    with SqliteRecords() as records:
        for number in range(5):
            event = make_event(ManualClock(), Actor(name="ä"), "node.edit", f"{number}")
            records.audit.add(event)
        found = records.audit.events(spaces=None, limit=10, after=0)
    rows = [
        {name: getattr(each.event, name) for name in each.event.__struct_fields__}
        | {"id": each.id, "hash": each.hash}
        for each in found
    ]

    def write(change=lambda rows: rows):
        file = tmp_path / "audit.jsonl"
        file.write_text("".join(json.dumps(row) + "\n" for row in change(rows)))
        return str(file)

    return write


def test_an_export_is_verified_without_a_hub(hub, export):
    assert hub.json("audit", "verify", "--export", export())["events"] == 5
    assert hub.json("audit", "verify", "--export", export(lambda rows: rows[2:]))["events"] == 2
    assert hub.json("audit", "verify", "--export", export(lambda rows: []))["events"] == 0
    assert hub.asked == []


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (lambda rows: [rows[0], rows[1] | {"actor": "eve"}, *rows[2:]], (2, "altered")),
        (lambda rows: rows[:2] + rows[3:], (3, "missing")),
        (lambda rows: [*rows, rows[0]], (1, "inserted")),
    ],
)
def test_a_changed_export_is_found(hub, export, change, fault):
    code, out, _ = hub.run("audit", "verify", "--export", export(change), "--json")
    found = json.loads(out)["fault"]

    assert code == 8
    assert (found["event"], found["what"]) == fault


def test_what_is_no_export_is_refused_by_line(hub, tmp_path):
    (tmp_path / "x").write_text("{}\n")
    code, _, err = hub.run("audit", "verify", "--export", str(tmp_path / "x"))

    assert code == 2
    assert "line 1: not an event of an export" in err
    assert hub.run("audit", "verify", "--export", str(tmp_path / "gone"))[0] == 2
