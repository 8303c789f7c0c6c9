"""Exit codes are distinct, explained, and follow from the error's code alone."""

from muster.agent.exits import MEANING, AgentFailed, Exit, failure_of
from muster.errors import InputError, Unavailable


class Away(Unavailable):
    code = "cannot_connect"


def test_every_code_has_a_meaning():
    assert set(MEANING) == set(Exit)


def test_the_codes_stay_clear_of_the_common_ones():
    assert min(Exit) >= 20
    assert max(Exit) < 126


def test_a_known_error_gets_its_exit_code_and_keeps_its_own():
    error = failure_of(Away("no route"))

    assert isinstance(error, AgentFailed)
    assert (error.exit_code, error.code, str(error)) == (
        Exit.CANNOT_CONNECT,
        "cannot_connect",
        "no route",
    )


def test_an_error_of_the_common_table_stays_itself():
    error = InputError("what")

    assert failure_of(error) is error


def test_whoever_knows_better_chooses_for_the_rest():
    error = failure_of(InputError("what"), Exit.HUB_ERROR)

    assert isinstance(error, AgentFailed)
    assert error.exit_code is Exit.HUB_ERROR
