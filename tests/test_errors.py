import pytest

from muster import errors
from muster.errors import (
    Denied,
    LimitExceeded,
    MusterError,
    ProtocolError,
    SettingsError,
    cause_of,
)


def every_error() -> list[type[MusterError]]:
    found = [MusterError]
    for kind in found:
        found.extend(kind.__subclasses__())
    return [kind for kind in found if kind.__module__ == errors.__name__]


def test_every_error_has_a_code_of_its_own():
    codes = [kind.code for kind in every_error()]

    assert len(codes) == len(set(codes))


def test_a_place_is_part_of_the_text():
    assert str(ProtocolError("frame too short", 12)) == "frame too short (at byte 12)"
    assert str(SettingsError("not a number: 'x'", "a.toml", "hub.port")) == (
        "a.toml: hub.port: not a number: 'x'"
    )


@pytest.mark.parametrize(("too_large", "status"), [(True, 413), (False, 429)])
def test_a_limit_says_whether_it_is_size_or_rate(too_large, status):
    assert LimitExceeded("too much", too_large=too_large).status == status


def test_a_group_of_errors_comes_down_to_its_bug_then_to_its_refusal():
    bug, refusal, lost = ZeroDivisionError(), Denied("no"), ConnectionResetError()

    assert cause_of(lost) is lost
    assert cause_of(ExceptionGroup("", [lost, ExceptionGroup("", [refusal])])) is refusal
    assert cause_of(ExceptionGroup("", [lost, refusal, bug])) is bug
