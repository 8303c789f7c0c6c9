import pytest

from muster.cli.exits import MEANING, Exit, exit_of
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


def test_an_error_may_bring_a_code_of_its_own():
    error = Conflict("already claimed")
    error.exit_code = 23

    assert exit_of(error) == 23
