"""`muster user token`."""

import pytest

from muster.cli.main import build_parser

FAR_NS = 4_000_000_000 * 10**9
MADE = {
    "id": "k3x7",
    "token": "mat1_secret",
    "name": "ci",
    "user": "ada",
    "role": "viewer",
    "expires_ns": FAR_NS,
}
LISTED = {
    "id": "k3x7",
    "name": "ci",
    "user": "ada",
    "role": "viewer",
    "state": "valid",
    "created_ns": 1,
    "expires_ns": FAR_NS,
    "used_ns": 0,
    "revoked_ns": 0,
}


def test_what_is_asked_for_is_what_the_hub_hears(hub):
    hub.answers["POST /api/v1/api-tokens"] = MADE
    words = ("--name", "ci", "--ttl", "90d", "--role", "viewer", "--user", "ada")
    made = hub.json("user", "token", "create", *words)

    assert hub.asked == [
        ("POST", "/api/v1/api-tokens",
         {"name": "ci", "user": "ada", "role": "viewer", "ttl_s": 90 * 86_400}),
    ]  # fmt: skip
    assert made == MADE  # the object of the HTTP interface


def test_what_is_not_said_is_left_to_the_hub(hub):
    hub.answers["POST /api/v1/api-tokens"] = MADE
    hub.run("user", "token", "create")

    assert hub.asked[0][2] == {"name": "", "user": "", "role": None}


def test_the_token_alone_goes_to_standard_output(hub):
    hub.answers["POST /api/v1/api-tokens"] = MADE

    assert hub.run("user", "token", "create") == (
        0,
        "mat1_secret\n",
        "API token k3x7 of ada, viewer, until 2096-10-02T07:06:40Z; shown only once\n",
    )


def test_tokens_are_listed_with_their_last_use(hub):
    hub.answers["GET /api/v1/api-tokens"] = [LISTED, LISTED | {"used_ns": 10**18, "name": ""}]
    _, out, _ = hub.run("user", "token", "list")

    first, second = (line.split() for line in out.splitlines()[1:])
    assert first[1:] == ["ci", "ada", "viewer", "valid", "2096-10-02T07:06:40Z", "never"]
    assert (second[1], second[-1]) == ("-", "2001-09-09T01:46:40Z")
    assert hub.json("user", "token", "list")[0] == LISTED


def test_no_tokens_is_a_sentence_that_says_what_to_do(hub):
    hub.answers["GET /api/v1/api-tokens"] = []

    assert hub.run("user", "token", "list")[1] == (
        "No API tokens. Make one: muster user token create\n"
    )


def test_a_token_is_ended_by_its_id(hub):
    assert hub.run("user", "token", "revoke", "k3x7") == (0, "", "API token k3x7 is revoked\n")
    assert hub.json("user", "token", "revoke", "k3x7") == {"id": "k3x7", "state": "revoked"}
    assert hub.asked[0] == ("DELETE", "/api/v1/api-tokens/k3x7", None)


@pytest.mark.parametrize("words", [["--role", "root"], ["--ttl", "soon"], ["extra"]])
def test_arguments_of_another_shape_are_refused(hub, words):
    with pytest.raises(SystemExit) as caught:
        hub.run("user", "token", "create", *words)

    assert caught.value.code == 2
    assert hub.asked == []


@pytest.mark.parametrize("command", ["create", "list", "revoke"])
def test_every_command_shows_examples(command, capsys):
    with pytest.raises(SystemExit):
        build_parser("user").parse_args(["user", "token", command, "--help"])

    assert f"  muster user token {command}" in capsys.readouterr().out


def test_a_scope_is_told_by_ids(hub):
    hub.answers["GET /api/v1/spaces"] = [{"id": "s1", "name": "Home"}]
    hub.answers["GET /api/v1/rooms"] = [{"id": "r1", "name": "lab"}]
    hub.answers["POST /api/v1/api-tokens"] = MADE
    hub.run("user", "token", "create", "--action", "data.read", "--space", "Home", "--room", "lab")

    heard = hub.asked[-1][2]
    assert {key: heard[key] for key in ("actions", "spaces", "rooms")} == {
        "actions": ["data.read"],
        "spaces": ["s1"],
        "rooms": ["r1"],
    }
