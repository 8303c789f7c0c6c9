"""`muster approval`."""

import pytest

from muster.cli.exits import Exit

PATH = "/api/v1/approvals"
ID = "3f0c6a52-9b1d-4f35-a7a3-53f0d7c0a911"
WAITING = {
    "id": ID,
    "kind": "reimage",
    "name": "web-01",
    "space": {"id": "s", "name": "Home"},
    "rooms": [{"id": "r", "name": "edge"}],
    "labels": {"role": "web"},
    "token": "abc",
    "address": "10.1.2.3",
    "facts": {"os": "Debian"},
    "evidence": {},
    "reasons": [{"name": "dmi", "text": "says its hardware's id", "points": 5, "verified": False}],
    "score": 5,
    "key_sha256": "k",
    "looks_like": {"id": "n0", "name": "web-01"},
    "why": "it looks like web-01",
    "created_ns": 10**18,
    "expires_ns": 2 * 10**18,
    "decision": "",
    "decided_ns": 0,
    "decided_by": "",
    "note": "",
    "node": "",
    "dialect": "muster",
}


def test_the_list_shows_who_waits_and_why(hub):
    hub.answers[f"GET {PATH}"] = [WAITING]
    code, out, _ = hub.run("approval", "list")

    assert code == Exit.OK
    for word in (ID, "waiting", "reimage", "web-01", "10.1.2.3", "looks like"):
        assert word in out
    assert hub.json("approval", "list", "--all") == [WAITING]
    assert hub.asked[-1][1] == f"{PATH}?state=all"


def test_an_empty_queue_is_said_in_words(hub):
    hub.answers[f"GET {PATH}"] = []

    assert hub.run("approval", "list")[1] == "Nobody waits.\n"


def test_one_is_shown_with_its_evidence(hub):
    hub.answers[f"GET {PATH}/{ID}"] = WAITING
    _, out, _ = hub.run("approval", "show", ID)

    for word in ("looks like", "n0", "role=web", "edge", "5 of 100", "hardware's id"):
        assert word in out
    assert hub.json("approval", "show", ID) == WAITING


def test_one_is_approved_as_said(hub):
    hub.answers[f"POST {PATH}/{ID}/approve"] = WAITING
    code, _, err = hub.run("approval", "approve", ID, "--as", "existing", "--note", "new disk")

    assert code == Exit.OK
    assert "let in" in err
    assert hub.asked == [("POST", f"{PATH}/{ID}/approve", {"as": "existing", "note": "new disk"})]
    assert hub.json("approval", "approve", ID) == WAITING


def test_name_and_rooms_go_with_the_answer(hub):
    hub.answers[f"POST {PATH}/{ID}/approve"] = WAITING
    hub.run("approval", "approve", ID, "--name", "web-09", "--room", "lab", "--room", "edge")

    said = {"as": "", "note": "", "name": "web-09", "rooms": ["lab", "edge"]}
    assert hub.asked == [("POST", f"{PATH}/{ID}/approve", said)]


def test_one_is_denied(hub):
    hub.answers[f"POST {PATH}/{ID}/deny"] = WAITING
    _, _, err = hub.run("approval", "deny", ID, "--note", "no")

    assert "refused" in err
    assert hub.asked == [("POST", f"{PATH}/{ID}/deny", {"note": "no"})]
    assert hub.json("approval", "deny", ID) == WAITING


@pytest.mark.parametrize(
    ("status", "code"), [(404, Exit.NOT_FOUND), (409, Exit.CONFLICT), (403, Exit.DENIED)]
)
def test_a_refusal_of_the_hub_is_the_commands_own(hub, status, code):
    hub.answers[f"POST {PATH}/{ID}/approve"] = (status, "x", "because of this")
    found, _, err = hub.run("approval", "approve", ID)

    assert found == code
    assert "because of this" in err


def test_who_waits_goes_by_name_as_well(hub):
    hub.answers[f"GET {PATH}"] = [WAITING, WAITING | {"id": "x", "name": "db-01"}]
    hub.answers[f"GET {PATH}/{ID}"] = WAITING
    hub.answers[f"POST {PATH}/{ID}/approve"] = hub.answers[f"POST {PATH}/{ID}/deny"] = WAITING

    assert hub.json("approval", "show", "web-01") == WAITING
    assert hub.json("approval", "approve", "web-01") == WAITING
    assert hub.json("approval", "deny", "web-01") == WAITING


def test_a_name_that_nobody_or_several_have_is_not_guessed(hub):
    hub.answers[f"GET {PATH}"] = [WAITING, WAITING | {"id": "w2"}]
    nobody = hub.run("approval", "approve", "mail")
    several = hub.run("approval", "approve", "web-01")

    assert (nobody[0], "muster approval list" in nobody[2]) == (Exit.NOT_FOUND, True)
    assert (several[0], f"use the id: {ID}, w2" in several[2]) == (Exit.CONFLICT, True)
