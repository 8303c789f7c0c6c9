"""Where a proxy is taken from, and what is said of one in an argument."""

import argparse
import io

import pytest

from muster.cli.proxyoption import add_proxy, proxy_of
from muster.errors import InputError

LOUD = "http://ada:s3cret@proxy:3128"


def options(*words):
    parser = argparse.ArgumentParser()
    add_proxy(parser, "where")
    return parser.parse_args(words)


def test_nothing_given_is_nothing():
    assert proxy_of(options(), {}) is None
    assert proxy_of(options(), {"MUSTER_CLAIM_PROXY": ""}) is None


def test_a_file_keeps_a_password_out_of_the_arguments(tmp_path, capsys):
    file = tmp_path / "proxy"
    file.write_text(f"{LOUD}\n")

    assert proxy_of(options("--proxy-file", str(file)), {}) == LOUD
    assert capsys.readouterr().err == ""


def test_standard_input_and_the_environment_do_so_too(monkeypatch, capsys):
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{LOUD}\n"))

    assert proxy_of(options("--proxy-file", "-"), {}) == LOUD
    assert proxy_of(options(), {"MUSTER_CLAIM_PROXY": LOUD}) == LOUD
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("proxy", [LOUD, "ada:s3cret@proxy:3128", "socks5://:s3cret@proxy"])
def test_a_password_in_an_argument_is_warned_of_and_not_repeated(capsys, proxy):
    assert proxy_of(options("--proxy", proxy), {"MUSTER_CLAIM_PROXY": "none"}) == proxy
    told = capsys.readouterr().err
    assert "--proxy-file or MUSTER_CLAIM_PROXY" in told
    assert "s3cret" not in told


@pytest.mark.parametrize("proxy", ["none", "env", "http://proxy:3128", "http://ada@proxy:3128"])
def test_a_proxy_without_a_password_is_not_warned_of(capsys, proxy):
    assert proxy_of(options("--proxy", proxy), {}) == proxy
    assert capsys.readouterr().err == ""


def test_a_file_with_more_than_a_proxy_is_refused_without_its_text(tmp_path):
    (tmp_path / "proxy").write_text("http://a:secret@b\nmore")

    with pytest.raises(InputError) as refused:
        proxy_of(options("--proxy-file", str(tmp_path / "proxy")), {})
    assert "secret" not in str(refused.value)
