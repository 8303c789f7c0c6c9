"""`muster token`."""

import json

import pytest

from muster.cli import main as cli
from muster.cli.exits import Exit
from muster.wire.claimtoken import Token, encode_token, new_secret
from muster.wire.netdata.token import encode

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
        "space": "s1",
        "rooms": [{"id": "r", "name": "lab"}],
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
    assert made == MADE  # the object of the HTTP interface


@pytest.mark.parametrize("json_too", [(), ("--json",)])
def test_a_room_that_is_made_by_naming_it_is_told_with_what_is_called_alike(hub, json_too):
    hub.answers["POST /api/v1/tokens"] = {**MADE, "new_rooms": ["labb", "attic"]}
    names = ("lab", "labb", "edge")
    hub.answers["GET /api/v1/rooms"] = [{"id": each, "name": each} for each in names]
    code, _, err = hub.run("token", "create", "--room", "labb", "--room", "attic", *json_too)

    assert code == 0
    assert "room 'labb' was not there and is made; called alike: lab; undo" in err
    assert "room 'attic' was not there and is made; undo: muster room remove 'attic'" in err


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
    hub.answers["GET /api/v1/spaces"] = [{"id": "s1", "name": "Home"}]
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


def test_a_token_for_netdata_agents_is_asked_for_and_decoded(hub, tmp_path, capsys):
    hub.answers["POST /api/v1/tokens"] = MADE
    hub.json("token", "create", "--dialect", "netdata", "--uses", "9")
    assert hub.asked[0][2]["dialect"] == "netdata"

    file = tmp_path / "token"
    file.write_text(encode("aaaabbbbccccdddd", new_secret(bytes(32))).reveal())
    assert cli.main(["token", "show", str(file), "--json"]) == Exit.OK
    assert json.loads(capsys.readouterr().out) == {"id": "aaaabbbbccccdddd", "dialect": "netdata"}


def test_a_token_that_is_none_is_a_mistake_of_input(tmp_path, capsys):
    file = tmp_path / "token"
    file.write_text(TEXT[:-9])

    assert cli.main(["token", "show", str(file)]) == Exit.USAGE
    assert "claim token" in capsys.readouterr().err


def test_a_token_is_ended_by_its_id(hub):
    assert hub.run("token", "revoke", "abc") == (0, "", "token abc is revoked\n")
    assert hub.asked == [("DELETE", "/api/v1/tokens/abc", None)]


def test_what_a_token_is_limited_to_is_asked_for(hub):
    hub.answers["POST /api/v1/tokens"] = MADE
    words = ("--network", "10.1.0.0/16", "--host", "web-*", "--host", "db", "--per-hour", "5")
    more = ("--label", "role=web", "--label", "env=a=b", "--ephemeral", "1h")
    hub.run("token", "create", *words, *more)

    body = hub.asked[0][2]
    assert (body["networks"], body["hosts"]) == (["10.1.0.0/16"], ["web-*", "db"])
    assert body["labels"] == {"role": "web", "env": "a=b"}
    assert (body["per_hour"], body["ephemeral_s"]) == (5, 3600)


def test_limits_are_listed_in_words(hub):
    limits = {"networks": ["10.0.0.0/8"], "hosts": ["web-*"], "labels": {"a": "b"}}
    hub.answers["GET /api/v1/tokens"] = [entry(**limits, per_hour=5, ephemeral_s=3600)]
    hub.answers["GET /api/v1/spaces"] = [{"id": "s1", "name": "Home"}]

    _, out, _ = hub.run("token", "list")
    assert "10.0.0.0/8, web-*, a=b, 5 per hour, ephemeral 1h" in out


def test_who_came_in_by_a_token_is_listed(hub):
    node = {"id": "n1", "name": "web", "claimed_ns": 10**18}
    hub.answers["GET /api/v1/tokens/abc"] = entry(nodes=[node])

    assert "web" in hub.run("token", "nodes", "abc")[1]
    assert hub.json("token", "nodes", "abc") == [node]


@pytest.mark.parametrize("label", ["role", "=web", ""])
def test_a_label_without_key_or_value_is_refused(hub, label):
    with pytest.raises(SystemExit) as ended:
        hub.run("token", "create", "--label", label)

    assert ended.value.code == Exit.USAGE
