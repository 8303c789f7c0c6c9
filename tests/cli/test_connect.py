"""`muster connect`."""

import stat

import pytest

from muster.cli.exits import Exit

FAR_NS = 4_000_000_000 * 10**9
PATH = "/api/v1/connect"
MADE = {
    "token": {"id": "abc", "token": "mst1.abc", "expires_ns": FAR_NS, "uses": 1},
    "commands": [{"title": "Start it", "text": "docker compose up", "language": "sh"}],
    "files": [{"name": "muster.env", "text": "MUSTER_CLAIM_TOKEN=mst1.abc\n"}],
}


def test_what_is_asked_for_is_what_the_hub_hears(hub):
    hub.answers[f"POST {PATH}"] = MADE
    hub.answers["GET /api/v1/spaces"] = [{"id": "s1", "name": "Customers"}]
    words = ("--environment", "compose", "--room", "lab", "--ttl", "10m", "--uses", "3")
    more = ("--label", "site=berlin", "--ephemeral", "1h", "--proxy", "env")
    limits = ("--network", "10.0.0.0/8", "--host", "web-*", "--per-hour", "5")
    place = ("--space", "Customers", "--description", "rack 4")
    made = hub.json("connect", *words, *more, *limits, *place)

    assert made == MADE
    assert hub.asked[-1][2] == {
        "environment": "compose",
        "rooms": ["lab"],
        "ttl_s": 600,
        "uses": 3,
        "url": "",
        "proxy": "env",
        "labels": {"site": "berlin"},
        "ephemeral_s": 3600,
        "networks": ["10.0.0.0/8"],
        "hosts": ["web-*"],
        "per_hour": 5,
        "description": "rack 4",
        "space": "s1",
    }


def test_the_environment_is_a_word_or_an_option_but_not_two_of_them(hub):
    hub.answers[f"POST {PATH}"] = MADE
    hub.json("connect", "netdata")
    hub.json("connect", "netdata", "--environment", "netdata")
    hub.json("connect")
    code, _, err = hub.run("connect", "netdata", "--environment", "docker")

    assert [asked[2]["environment"] for asked in hub.asked] == ["netdata", "netdata", "linux"]
    assert (code, "one line is for one" in err) == (Exit.USAGE, True)


def test_commands_are_on_standard_output_and_the_rest_is_not(hub):
    hub.answers[f"POST {PATH}"] = MADE
    code, out, err = hub.run("connect", "--environment", "compose")

    assert code == Exit.OK
    assert "# Start it\ndocker compose up\n" in out
    assert "# muster.env\nMUSTER_CLAIM_TOKEN=mst1.abc\n" in out
    assert "shown only once" in err
    assert "mst1.abc" not in err


def test_files_are_written_for_their_owner_alone_and_over_nothing(hub, tmp_path):
    hub.answers[f"POST {PATH}"] = MADE
    folder = tmp_path / "agent"
    hub.run("connect", "--environment", "compose", "--out", str(folder))
    path = folder / "muster.env"

    assert path.read_text() == "MUSTER_CLAIM_TOKEN=mst1.abc\n"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    code, _, err = hub.run("connect", "--environment", "compose", "--out", str(folder))
    assert code == Exit.USAGE
    assert "is there already" in err


def test_the_list_says_why_something_is_not_offered(hub):
    hub.answers[f"GET {PATH}"] = {
        "environments": [
            {"environment": "linux", "title": "Linux", "available": True, "reason": ""},
            {"environment": "macos", "title": "macOS", "available": False, "reason": "no build"},
        ],
        "urls": [],
        "missing": ["no wheel of x"],
    }
    _, out, err = hub.run("connect", "--list")

    assert [line.split()[-1] for line in out.splitlines()[1:]] == ["ready", "build"]
    assert "no wheel of x" in err
    assert hub.json("connect", "--list")["missing"] == ["no wheel of x"]


def test_a_label_without_a_value_and_an_installer_without_a_name_are_refused(hub):
    with pytest.raises(SystemExit):
        hub.run("connect", "--label", "site")
    assert "muster installer NAME" in hub.run("connect", "--environment", "installer")[2]
    assert hub.asked == []


def test_a_proxy_with_a_password_comes_from_a_file(hub, tmp_path):
    hub.answers[f"POST {PATH}"] = MADE
    (tmp_path / "proxy").write_text("http://ada:s3cret@proxy:3128\n")
    hub.json("connect", "--proxy-file", str(tmp_path / "proxy"))

    assert hub.asked[0][2]["proxy"] == "http://ada:s3cret@proxy:3128"
    _, _, err = hub.run("connect", "--proxy", "http://ada:s3cret@proxy:3128")
    assert "warning" in err and "s3cret" not in err
