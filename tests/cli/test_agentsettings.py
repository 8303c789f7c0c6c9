import argparse
from pathlib import Path

from muster.cli.agentsettings import settings_of


def options(**given):
    return argparse.Namespace(**({"data": None, "config": None, "proxy": None} | given))


def test_the_hubs_folder_holds_the_agents(monkeypatch):
    monkeypatch.setenv("MUSTER_DATA", "/srv/muster")

    assert settings_of(options()).value.data == Path("/srv/muster/agent")
    assert settings_of(options(data=Path("/there"))).value.data == Path("/there")


def test_an_argument_wins_over_the_file(tmp_path):
    file = tmp_path / "agent.toml"
    file.write_text('[link]\nproxy = "http://a:1"\n')

    assert settings_of(options(config=file)).value.link.proxy.reveal() == "http://a:1"
    given = settings_of(options(config=file, proxy="none")).value
    assert given.link.proxy.reveal() == "none"
