import argparse

import pytest

from muster.cli.hub_client import error_of, hub_of
from muster.errors import InputError, MusterError, NotFound, Unavailable


def options(**given):
    named = {"hub": None, "token_file": None, "ca_file": None, "data": None, **given}
    return argparse.Namespace(**named)


def test_a_folder_without_a_socket_has_no_hub(tmp_path):
    with pytest.raises(Unavailable, match="no hub runs on"):
        hub_of(options(data=tmp_path))


@pytest.mark.parametrize("url", ["http://hub:8440", "hub:8440", "https://"])
def test_a_hub_elsewhere_is_reached_by_https_alone(url):
    with pytest.raises(InputError, match="not an https"):
        hub_of(options(hub=url, token_file="token"))


def test_a_hub_elsewhere_wants_a_token():
    with pytest.raises(InputError, match="--token-file"):
        hub_of(options(hub="https://hub:8440"))


def test_a_token_without_a_hub_is_a_mistake(tmp_path):
    with pytest.raises(InputError, match="go with --hub"):
        hub_of(options(data=tmp_path, token_file="token"))


def test_what_the_hub_told_is_told_on():
    error = error_of(404, b'{"error":{"code":"not_found","text":"no node \'x\'"}}')

    assert isinstance(error, NotFound)
    assert str(error) == "no node 'x'"


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b'{"error":1}'])
def test_an_answer_of_another_shape_is_still_an_error(body):
    error = error_of(502, body)

    assert type(error) is MusterError
    assert "502" in str(error)
