"""`muster sign`."""

import pytest

from muster.cli.exits import Exit
from muster.wire.armour import Kind, format_armour, parse_armour

PATH = "/api/v1/air-gap"
REQUEST = format_armour(Kind.REQUEST, b"{}")
ANSWER = {
    "response": format_armour(Kind.RESPONSE, b"{}"),
    "codes": ["MUSTER:…"],
    "node": {"id": "n1", "name": "safe"},
    "not_after_ns": 2 * 10**18,
    "expires_ns": 10**18,
    "again": False,
    "fingerprint": "f" * 64,
}
SHOWN = {
    "sha256": "s",
    "key_sha256": "k" * 8,
    "facts": {"hostname": "safe", "os": "Debian"},
    "reasons": [{"name": "dmi", "text": "says its hardware's id", "points": 5, "verified": False}],
    "score": 5,
    "pins": [],
    "created_ns": 10**18,
    "expires_ns": 10**18,
    "renews": True,
    "replaces": "retired",
    "node": {"id": "n1", "name": "safe"},
    "signed_ns": 0,
}


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "request.txt"
    path.write_text(REQUEST)
    return str(path)


def test_the_answer_is_printed_and_nothing_else_on_standard_output(hub, file):
    hub.answers[f"POST {PATH}/sign"] = ANSWER
    words = ("--room", "vault", "--name", "safe", "--lifetime", "30d", "--expires", "1d")
    code, out, err = hub.run("sign", file, *words)

    assert (code, out) == (Exit.OK, ANSWER["response"])
    assert "safe (n1)" in err and ANSWER["fingerprint"] in err
    assert hub.asked[-1][2] == {
        "request": REQUEST,
        "rooms": ["vault"],
        "name": "safe",
        "lifetime_s": 30 * 86_400,
        "answer_s": 86_400,
    }
    assert hub.json("sign", file) == ANSWER


def test_a_node_that_is_known_keeps_its_name_and_rooms_which_is_said(hub, file):
    hub.answers[f"POST {PATH}/sign"] = ANSWER | {"again": True}

    assert "its name and rooms stay" in hub.run("sign", file, "--room", "vault")[2]
    assert "stay" not in hub.run("sign", file)[2]


def test_a_request_is_shown_with_what_it_would_replace(hub, file):
    hub.answers[f"POST {PATH}/inspect"] = SHOWN
    _, out, _ = hub.run("sign", "--show", file)

    for word in ("a new certificate of safe", "retired", "5 of 100", "hardware's id"):
        assert word in out
    assert hub.json("sign", "--show", file) == SHOWN


def test_damaged_text_is_not_sent(hub, tmp_path):
    path = tmp_path / "request.txt"
    path.write_text(REQUEST[:50])

    assert hub.run("sign", str(path))[0] == Exit.USAGE
    assert hub.asked == []


def test_the_answer_can_be_codes(hub, file):
    pytest.importorskip("segno", reason="segno is not installed: no codes are drawn")
    hub.answers[f"POST {PATH}/sign"] = ANSWER
    _, out, _ = hub.run("sign", file, "--qr")

    assert "RESPONSE 1 of 1" in out
    assert parse_armour(Kind.RESPONSE, ANSWER["response"]) == b"{}"
