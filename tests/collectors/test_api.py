import pytest

from muster.collectors.api import (
    Collector,
    Command,
    File,
    Glob,
    Sample,
    Usage,
    fields,
    parsing,
    percent,
    real,
    tag,
)
from muster.errors import InputError
from muster.model.metric import Kind


def declare(*sources):
    return Collector(name="x", sources=sources, collect=lambda _s, _p: (), measurements=())


def test_a_text_that_is_missing_is_an_error_with_its_reason():
    sample = Sample(time_ns=1, faults={"/proc/stat": "Permission denied"})

    with pytest.raises(InputError, match="/proc/stat: Permission denied"):
        sample.text("/proc/stat")
    with pytest.raises(InputError, match="/proc/other: not there"):
        sample.text("/proc/other")


def test_commands_usage_and_marked_files_make_a_collector_blocking():
    assert not declare(File("/proc/stat"), Glob("/sys/*/x")).blocking
    assert declare(File("/proc/stat"), Command("id", ("id",))).blocking
    assert declare(Usage("/proc/self/mountinfo", lambda _text: ())).blocking
    assert declare(Glob("/sys/*/x", blocking=True)).blocking


@pytest.mark.parametrize("error", [ValueError, IndexError, KeyError, ZeroDivisionError])
def test_what_a_parser_trips_over_names_place_and_text(error):
    with (
        pytest.raises(InputError, match="/proc/x: unexpected shape b'abc'"),
        parsing("/proc/x", b"abc"),
    ):
        raise error


def test_an_error_quotes_only_the_start_of_a_long_text():
    with pytest.raises(InputError) as caught, parsing("/proc/x", b"a" * 10_000):
        raise ValueError

    assert len(str(caught.value)) < 300


def test_only_finite_numbers_are_real():
    assert real(b"0.25") == 0.25
    for text in (b"nan", b"inf", b"-inf", b"1e999", b"x"):
        with pytest.raises(ValueError):
            real(text)


def test_a_share_of_nothing_is_zero():
    assert percent(1, 0) == 0.0
    assert percent(1, 4) == 25.0


def test_a_name_of_strange_bytes_stays_readable():
    assert tag(b"eth0") == "eth0"
    assert tag(b"a\xffb") == "a\N{REPLACEMENT CHARACTER}b"


def test_fields_are_named_in_one_text():
    assert [field.name for field in fields(Kind.FLOAT, "percent", "a b")] == ["a", "b"]
