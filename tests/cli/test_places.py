"""Where things are when nobody says so."""

import argparse
from pathlib import Path

import pytest

from muster.cli.places import agent_data, default_data, hub_data


@pytest.fixture
def environment(monkeypatch):
    for name in ("MUSTER_DATA", "XDG_STATE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    return monkeypatch


def test_root_has_the_systems_folder(environment):
    environment.setattr("os.geteuid", lambda: 0)

    assert default_data() == Path("/var/lib/muster")


def test_a_user_has_the_folder_for_state(environment):
    environment.setenv("HOME", "/home/ada")
    assert default_data() == Path("/home/ada/.local/state/muster")

    environment.setenv("XDG_STATE_HOME", "/state")
    assert default_data() == Path("/state/muster")


def test_the_variable_wins_over_both(environment):
    environment.setenv("MUSTER_DATA", "/srv/muster")

    assert hub_data(argparse.Namespace(data=None)) == Path("/srv/muster")
    assert agent_data(argparse.Namespace(data=None)) == Path("/srv/muster/agent")


def test_a_folder_that_is_named_is_taken_as_it_is(environment):
    options = argparse.Namespace(data=Path("here"))

    assert hub_data(options) == agent_data(options) == Path.cwd() / "here"
