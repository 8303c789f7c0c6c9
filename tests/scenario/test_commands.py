"""Commands that are forked do what those do that are started anew."""

import os
import signal
import subprocess

import pytest
from commands import Commands
from processes import DEADLINE_S, ENVIRONMENT, MUSTER

pytestmark = pytest.mark.scenario
ENV = {**os.environ, **ENVIRONMENT}
FOLDER = "{folder}"  # one that is not there


@pytest.fixture(scope="module")
def commands():
    commands = Commands()
    yield commands
    commands.end()


@pytest.mark.parametrize(
    ("words", "given"),
    [
        (["--version"], ""),
        (["--exits"], ""),
        (["node", "lst"], ""),
        (["--data", FOLDER, "node", "list"], ""),
        (["agent", "run", "--data", FOLDER], ""),  # becomes another program
        (["agent", "status", "--data", FOLDER, "--json"], ""),
        (["agent", "claim", "--token-file", "-", "--data", FOLDER], "no token \u00e9"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_it_says_and_returns_the_same(commands, words, given, tmp_path):
    words = [str(tmp_path / "none") if word == FOLDER else word for word in words]
    anew = subprocess.run(
        [*MUSTER, *words], input=given, capture_output=True, text=True, env=ENV, check=False
    )
    forked = commands.run(words, given, ENV, DEADLINE_S)

    assert forked.stdout + forked.stderr
    assert (forked.returncode, forked.stdout, forked.stderr) == (
        anew.returncode, anew.stdout, anew.stderr,
    )  # fmt: skip


def test_environment_and_folder_are_of_this_moment(commands, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    there = commands.run(["node", "list"], "", {**ENV, "MUSTER_DATA": "here"}, DEADLINE_S)
    again = commands.run(["node", "list"], "", {**ENV, "MUSTER_DATA": "there"}, DEADLINE_S)
    (tmp_path / "token").write_text("no token of ours")
    words = ["agent", "claim", "--token-file", "token", "--data", "agent"]
    inside = commands.run(words, "", ENV, DEADLINE_S)

    assert str(tmp_path / "here") in there.stderr
    assert str(tmp_path / "there") in again.stderr
    assert "at character 3" in inside.stderr


def test_one_that_does_not_end_is_ended(commands, tmp_path):
    pipe = tmp_path / "token"
    os.mkfifo(pipe)  # nobody ever writes
    words = ["agent", "claim", "--token-file", str(pipe), "--data", str(tmp_path / "agent")]
    with pytest.raises(subprocess.TimeoutExpired):
        commands.run(words, "", ENV, 0.1)

    assert commands.run(["--version"], "", ENV, DEADLINE_S).returncode == 0


def test_one_that_is_killed_says_so_and_others_go_on(commands, tmp_path):
    pipe = tmp_path / "token"
    os.mkfifo(pipe)
    words = ["agent", "claim", "--token-file", str(pipe), "--data", str(tmp_path / "agent")]
    process = commands.start(words, ENV)
    with process.stdout, process.stderr:
        with pipe.open("w"):  # it has come to read
            assert commands.run(["--version"], "", ENV, DEADLINE_S).returncode == 0
            os.kill(process.pid, signal.SIGKILL)

            assert process.wait(DEADLINE_S) == -signal.SIGKILL
        assert commands.run(["--version"], "", ENV, DEADLINE_S).returncode == 0


def test_a_hub_that_is_forked_says_and_returns_the_same(commands, tmp_path):
    words = ["hub", "--data", str(tmp_path / "data"), "--config", str(tmp_path / "none.toml")]
    anew = subprocess.run([*MUSTER, *words], capture_output=True, text=True, env=ENV, check=False)
    forked = commands.start(words, ENV)
    with forked.stdout, forked.stderr:
        said = forked.stdout.read(), forked.stderr.read()

    assert anew.stderr and said == (anew.stdout, anew.stderr)
    assert forked.wait(DEADLINE_S) == anew.returncode == forked.poll()


def test_one_that_goes_on_is_waited_for_and_ended_as_one_that_was_started(commands, tmp_path):
    pipe = tmp_path / "token"
    os.mkfifo(pipe)  # nobody ever writes
    words = ["agent", "claim", "--token-file", str(pipe), "--data", str(tmp_path / "agent")]
    process = commands.start(words, ENV)
    with process.stdout, process.stderr:
        assert process.poll() is None
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(0.01)
        process.kill()

        assert process.wait(DEADLINE_S) == -signal.SIGKILL
        process.kill()  # of one that is gone is nothing
