import sys

import pytest

from muster.agent.collecting import commands
from muster.agent.collecting.commands import find_program, run
from muster.clock import SystemClock
from muster.errors import InputError, Unavailable


def test_a_program_is_found_by_its_name_alone():
    assert find_program("sh") in ("/usr/bin/sh", "/bin/sh")
    assert find_program("no-such-program-anywhere") is None


def test_a_command_sees_the_c_locale_and_no_input():
    script = "import os, sys; print(os.environ['LC_ALL'], sys.stdin.read() == '')"

    assert run((sys.executable, "-S", "-c", script), 30.0, SystemClock()) == b"C True\n"


def test_a_command_that_fails_or_cannot_start_is_unavailable():
    with pytest.raises(Unavailable, match="exit code 3"):
        run((sys.executable, "-S", "-c", "raise SystemExit(3)"), 30.0, SystemClock())
    with pytest.raises(Unavailable, match="cannot be started"):
        run(("/no/such/program",), 1.0, SystemClock())


def test_a_command_that_does_not_end_is_killed():
    with pytest.raises(Unavailable, match=r"did not end within 0.05 s"):
        run(("/bin/sleep", "600"), 0.05, SystemClock())


def test_a_command_that_says_too_much_is_an_input_error(monkeypatch):
    monkeypatch.setattr(commands, "MAX_OUTPUT_BYTES", 1000)

    with pytest.raises(InputError, match="more than 1000 bytes"):
        run((sys.executable, "-S", "-c", "print('x' * 100000)"), 30.0, SystemClock())
