import pytest

from muster.agent import exits as agent_exits
from muster.agent.exits import failure_of
from muster.cli.exits import MEANING, Exit, every_exit, exit_of
from muster.errors import Conflict, InputError, MusterError, NotFound, SettingsError, Unavailable


def test_every_exit_code_has_a_meaning():
    assert set(MEANING) == set(Exit)


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (SettingsError("x"), Exit.USAGE),
        (InputError("x"), Exit.USAGE),
        (Unavailable("x"), Exit.UNAVAILABLE),
        (NotFound("x"), Exit.NOT_FOUND),
        (Conflict("x"), Exit.CONFLICT),
        (MusterError("x"), Exit.BUG),
    ],
)
def test_an_error_becomes_its_exit_code(error, code):
    assert exit_of(error) == code


def test_the_agents_own_codes_come_first():
    error = Conflict("already claimed")
    error.code = "already_claimed"

    assert exit_of(failure_of(error)) == agent_exits.Exit.ALREADY_CLAIMED


def test_no_code_means_two_things():
    assert len(every_exit()) == len(MEANING) + len(agent_exits.MEANING)
