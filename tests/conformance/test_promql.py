"""Queries, good and bad, get the answers that Debian's Prometheus 2.42 gave on the same series."""

from pathlib import Path

import pytest

from muster.testing.promasking import alike, asked, document, recorded, recorded_series

GOLDEN = Path(__file__).parents[1] / "golden" / "promql"
RECORDED = recorded(GOLDEN)


@pytest.fixture(scope="module")
def source():
    return recorded_series(GOLDEN)


def test_all_recorded_answers_are_given_again(source):
    differ = {}
    for case in RECORDED:
        status, answer = asked(source, case.ask)
        if (status, answer) == (case.status, case.answer):
            continue
        if status != case.status or not alike(document(answer), document(case.answer)):
            differ[case.ask] = (status, answer, case.status, case.answer)

    assert differ == {}


def test_only_digits_at_the_end_of_roots_and_sines_differ(source):
    differ = [case.ask for case in RECORDED if asked(source, case.ask)[1] != case.answer]

    assert len(differ) < len(RECORDED) / 25
