"""`muster up`: the options it shares with `muster hub`. Running is tested in tests/hub."""

from pathlib import Path

import pytest

from muster.cli.hub import settings_of
from muster.cli.main import build_parser, main


@pytest.mark.parametrize("command", ["up", "hub"])
def test_both_commands_take_the_same_options(command, tmp_path):
    words = (command, "--data", str(tmp_path), "--port-base", "8440", "--json")
    options = build_parser(command).parse_args(words)
    settings = settings_of(options).value

    assert (settings.data, settings.listen.port_base) == (tmp_path, 8440)
    assert options.json is True


def test_settings_that_cannot_be_used_start_nothing(tmp_path, capsys):
    data = tmp_path / "data"

    assert main(["up", "--data", str(data), "--port-base", "70000"]) == 2
    assert "listen.port_base" in capsys.readouterr().err
    assert not data.exists()


def test_the_folder_is_made_absolute():
    options = build_parser("up").parse_args(["up", "--data", "here"])

    assert settings_of(options).value.data == Path.cwd() / "here"
