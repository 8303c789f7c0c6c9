"""`muster token`."""

import json

import pytest

from muster.cli import main as cli
from muster.cli.exits import Exit
from muster.wire.claimtoken import Token, encode_token, new_secret

FAR_NS = 4_000_000_000 * 10**9
MADE = {"id": "abc", "token": "mst1.abc", "uses": 2, "expires_ns": FAR_NS, "command": "x"}
TEXT = encode_token(
    Token(
        id="aaaabbbbccccdddd",
        secret=new_secret(bytes(32)),
        pins=("ab" * 32,),
        addresses=("hub.example:8402",),
    )
).reveal()


def entry(**given):
    common = {
        "id": "abc",
        "revoked_ns": 0,
        "expires_ns": FAR_NS,
        "uses": 1,
        "used": 0,
        "created_by": "ada",
        "networks": [],
        "hosts": [],
        "labels": {},
        "per_hour": 0,
        "ephemeral_s": 0,
        "description": "for the lab",
    }
    return common | given


def test_what_is_asked_for_is_what_the_hub_hears(hub):
    hub.answers["POST /api/v1/tokens"] = MADE
    words = ("--room", "lab", "--room", "edge", "--ttl", "10m", "--uses", "2")
    made = hub.json("token", "create", *words, "--description", "rack 4")

    assert hub.asked == [
        ("POST", "/api/v1/tokens",
         {"rooms": ["lab", "edge"], "uses": 2, "description": "rack 4", "ttl_s": 600}),
    ]  # fmt: skip
    assert made == {
        "id": "abc", "token": "mst1.abc", "uses": 2, "expires_at": "2096-10-02T07:06:40Z",
    }  # fmt: skip


def test_the_token_alone_goes_to_standard_output(hub):
    hub.answers["POST /api/v1/tokens"] = MADE
    code, out, err = hub.run("token", "create")

    assert (code, out) == (0, "mst1.abc\n")
    assert "shown only once" in err
    assert "ttl_s" not in hub.asked[0][2]


@pytest.mark.parametrize(
    ("given", "state"),
    [
        ({}, "open"),
        ({"used": 1}, "used up"),
        ({"expires_ns": 1}, "expired"),
        ({"revoked_ns": 1, "used": 1}, "revoked"),
    ],
)
def test_the_list_says_whether_a_token_is_good(hub, given, state):
    hub.answers["GET /api/v1/tokens"] = [entry(**given)]
    line = hub.run("token", "list")[1].splitlines()[1]

    assert line.split("  ")[1].strip() == state
    assert hub.json("token", "list") == [entry(**given)]


def test_a_token_is_decoded_without_asking_anybody(tmp_path, capsys):
    file = tmp_path / "token"
    file.write_text(TEXT + "\n")

    assert cli.main(["token", "show", str(file), "--json"]) == Exit.OK
    shown = json.loads(capsys.readouterr().out)
    assert shown == {"id": "aaaabbbbccccdddd", "hub": ["hub.example:8402"], "pins": ["ab" * 32]}
    assert cli.main(["token", "show", str(file)]) == Exit.OK
    assert new_secret(bytes(32)).reveal() not in capsys.readouterr().out


def test_a_token_that_is_none_is_a_mistake_of_input(tmp_path, capsys):
    file = tmp_path / "token"
    file.write_text(TEXT[:-9])

    assert cli.main(["token", "show", str(file)]) == Exit.USAGE
    assert "claim token" in capsys.readouterr().err


def test_a_token_is_ended_by_its_id(hub):
    assert hub.run("token", "revoke", "abc") == (0, "", "token abc is revoked\n")
    assert hub.asked == [("DELETE", "/api/v1/tokens/abc", None)]
