import argparse

import pytest

from muster.cli.hub_client import _address, error_of, hub_of
from muster.errors import Conflict, InputError, MusterError, NotFound, Unauthenticated, Unavailable
from muster.net.tls import TlsRefused
from muster.wire.apitoken import encode_api_token


def options(**given):
    named = {"hub": None, "token_file": None, "ca_file": None, "data": None, **given}
    return argparse.Namespace(**named)


def test_a_folder_without_a_socket_has_no_hub(tmp_path):
    with pytest.raises(Unavailable, match="no hub runs on"):
        hub_of(options(data=tmp_path))


@pytest.mark.parametrize(
    "url", ["http://hub:8440", "hub:8440", "https://", "https://hub:99999", "https://[::1"]
)
def test_a_hub_elsewhere_is_reached_by_https_alone(url):
    with pytest.raises(InputError, match="not an https"):
        hub_of(options(hub=url, token_file="token"))


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("https://hub", ("hub", 443, "")),
        ("https://hub:8440/", ("hub", 8440, "")),
        ("https://[::1]:8440/tools/muster/", ("::1", 8440, "/tools/muster")),
    ],
)
def test_a_hub_elsewhere_may_be_under_a_path(url, address):
    assert _address(url) == address


@pytest.mark.parametrize("more", ["?a=b", "#a", "/muster?a=b"])
def test_an_address_of_a_hub_has_nothing_before_or_after(more):
    for url in ("https://hub:8440" + more, "https://ada:pw@hub"):
        with pytest.raises(InputError, match="nothing before or after") as refusal:
            hub_of(options(hub=url, token_file="token"))
        assert "pw" not in str(refusal.value)


@pytest.mark.parametrize(("text", "told"), [("mst1.a.b", "claim token"), ("secret", "begins")])
def test_text_that_is_no_api_token_is_found_out_before_anything_is_sent(tmp_path, text, told):
    (tmp_path / "token").write_text(text)
    with pytest.raises(Unauthenticated, match=told) as refusal:
        hub_of(options(hub="https://hub:8440", token_file=tmp_path / "token"))

    assert text not in str(refusal.value)


def test_a_hub_elsewhere_wants_a_token():
    with pytest.raises(InputError, match="--token-file"):
        hub_of(options(hub="https://hub:8440"))


@pytest.mark.parametrize(
    ("cause", "told"), [("untrusted", "--ca-file root.pem"), ("clock", "is the clock right")]
)
def test_a_hub_of_an_unknown_ca_is_told_with_what_to_do(tmp_path, monkeypatch, cause, told):
    async def refuse(*_, **__):
        raise TlsRefused((cause, "is the clock right?"))

    monkeypatch.setattr("muster.cli.hub_client.request", refuse)
    (tmp_path / "token").write_text(encode_api_token(bytes(32)).reveal())
    hub = hub_of(options(hub="https://hub:7443", token_file=tmp_path / "token", ca_file=None))

    with pytest.raises(Unavailable, match=told):
        hub.get("/api/v1/nodes")


def test_a_token_without_a_hub_is_a_mistake(tmp_path):
    with pytest.raises(InputError, match="go with --hub"):
        hub_of(options(data=tmp_path, token_file="token"))


def test_what_the_hub_told_is_told_on():
    error = error_of(404, b'{"error":{"code":"not_found","text":"no node \'x\'"}}')

    assert isinstance(error, NotFound)
    assert str(error) == "no node 'x'"


@pytest.mark.parametrize(
    ("code", "kind"), [("conflict", Conflict), ("unavailable", Unavailable), ("other", MusterError)]
)
def test_what_is_told_behind_a_good_status_goes_by_its_code(code, kind):
    error = error_of(500, b'{"error":{"code":"%s","text":"it is there"}}' % code.encode())

    assert type(error) is kind
    assert error.code == code


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b'{"error":1}'])
def test_an_answer_of_another_shape_is_still_an_error(body):
    error = error_of(502, body)

    assert type(error) is MusterError
    assert "502" in str(error)
