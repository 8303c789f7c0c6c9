"""The `.env` of a client in the home stack."""

import pytest

from muster.cli.clientenv import ClientEnv, parse_client_env, read_client_env, url_of
from muster.errors import InputError

TEXT = """# made for the old generator
keydir="/srv/pki/clients/$1"
cacert="/srv/pki/ca.cer"   # of the stack
export MASYSMA_INFLUXDB=monitor.home
PASSWORD='a $1 b'
"""


def test_server_and_folders_are_read_for_one_client():
    assert parse_client_env(TEXT, "web-01") == ClientEnv(
        "monitor.home", "/srv/pki/clients/web-01", "/srv/pki/ca.cer"
    )


@pytest.mark.parametrize(
    ("server", "host"),
    [
        ("monitor.home", "monitor.home"),
        ("https://monitor.home:5086/x", "monitor.home"),
        ("10.0.0.2:5086", "10.0.0.2"),
        ("[fd00::2]:5086", "fd00::2"),
        ("", ""),
    ],
)
def test_the_servers_port_was_another_servers(server, host):
    assert parse_client_env(f"server={server}\n", "x").server == host


def test_what_is_not_used_is_said():
    keydir, cacert = parse_client_env(TEXT, "web-01").notes

    assert "no private key goes into an installer" in keydir
    assert "by its pins" in cacert
    assert parse_client_env("server=h\n", "x").notes == []


@pytest.mark.parametrize("line", ['keydir="/srv', "keydir=/a b", "rm -rf /", "$(id)"])
def test_what_is_no_assignment_is_refused_and_never_run(line):
    with pytest.raises(InputError, match=r"\.env, line 2"):
        parse_client_env(f"server=h\n{line}\n", "x")


def test_a_command_in_a_value_stays_text():
    assert parse_client_env('keydir="$(id)"\n', "x").keydir == "$(id)"


def test_the_url_has_the_port_of_the_hub(tmp_path):
    assert url_of("monitor.home", ["https://hub:7445"]) == "https://monitor.home:7445"
    assert url_of("fd00::2", ["https://hub:7445"]) == "https://[fd00::2]:7445"
    assert url_of("", ["https://hub:7445"]) == ""
    (tmp_path / ".env").write_text(TEXT)
    assert read_client_env(tmp_path / ".env", "a").server == "monitor.home"
    (tmp_path / "big").write_text("#" * 70_000)
    for name in ("none", "big"):
        with pytest.raises(InputError):
            read_client_env(tmp_path / name, "a")
