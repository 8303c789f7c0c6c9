"""What the agent's process is started with."""

import os

import pytest

from muster.agent.machine.environment import MALLOC, lean
from muster.cli import main


def test_what_somebody_has_set_himself_stays():
    assert lean({"MALLOC_ARENA_MAX": "4", "HOME": "/root"}) == {
        **MALLOC,
        "MALLOC_ARENA_MAX": "4",
        "HOME": "/root",
    }


def test_the_agent_is_started_with_it(tmp_path, monkeypatch):
    started = []

    def execve(program, command, environment):
        started.append((program, command, environment))
        raise SystemExit(0)

    monkeypatch.setattr(os, "execve", execve)
    monkeypatch.setenv("MALLOC_ARENA_MAX", "2")
    with pytest.raises(SystemExit):
        main.main(["agent", "run", "--data", str(tmp_path)])
    ((program, command, environment),) = started

    assert program == command[0]
    assert command[1:6] == ["-P", "-m", "muster.agent", "--data", str(tmp_path)]
    assert environment == {**MALLOC, **os.environ}
