import pytest

from muster.errors import InputError, LimitExceeded
from muster.model.metric import Kind, Layout, Series
from muster.wire.prometheusparts import (
    End,
    Fault,
    Refused,
    RemoteLimits,
    ended,
    layout_of_labels,
    metadata_of,
    series_errors,
)

LIMITS = RemoteLimits()


def test_the_metric_is_the_measurement_and_other_labels_are_tags():
    layout = layout_of_labels([b"__name__", b"up", b"job", "nö".encode()])

    assert layout == Layout((Series("up", (("job", "nö"),), "value", Kind.FLOAT),))


@pytest.mark.parametrize("end", [End.SYMBOLS, End.POINTS, End.SERIES])
def test_what_is_over_a_limit_is_told_with_it(end):
    error = ended(end, 0, LIMITS)

    assert isinstance(error, LimitExceeded)
    assert "send smaller messages" in str(error)


@pytest.mark.parametrize("end", [End.CUT, End.WIDE, End.TAG])
def test_what_is_malformed_is_told_with_its_place(end):
    error = ended(end, 42, LIMITS)

    assert isinstance(error, InputError)
    assert str(error).endswith("at byte 42")


@pytest.mark.parametrize("fault", Fault)
def test_each_fault_has_its_words(fault):
    (error,) = series_errors([Refused(3, fault, b"up", b"job", 9)], LIMITS)

    assert error.text.startswith('series 3 "up": ')
    assert "{" not in error.text


def test_a_type_that_is_not_known_is_unknown():
    assert metadata_of(b"up", 99, b"\xff", b"").type == 0
    assert metadata_of(b"up", 7, b"\xff", b"").help == "�"


@pytest.mark.parametrize(
    ("metric", "kind", "name"),
    [(b"a_bucket", 3, "a"), (b"a_sum", 5, "a"), (b"a_count", 2, "a_count"), (b"a", 3, "a")],
)
def test_what_is_said_of_a_series_is_said_of_its_metric(metric, kind, name):
    assert metadata_of(metric, kind, b"", b"").metric == name
