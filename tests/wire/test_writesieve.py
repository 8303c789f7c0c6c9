import pytest

from muster.model.metric import points_of
from muster.wire.lineprotocol import parse
from muster.wire.writesieve import BEYOND_RETENTION, Part, Refusal, Sieve

WEEK = 100


def sieve(body: bytes) -> Sieve:
    return Sieve(parse(body, 1, 0))


def week(time_ns: int) -> int:
    return time_ns - time_ns % WEEK


def values_of(parsed) -> list:
    return [(p.measurement, dict(p.fields)) for b in parsed.blocks() for p in points_of(b)]


def test_a_body_without_refusals_is_kept_as_it_is():
    parsed = parse(b"m v=1 1\nm v=2 2", 1, 0)
    found = Sieve(parsed)

    assert found.kept() is parsed
    assert found.refusals(week) == []


def test_a_tag_named_time_is_refused_with_the_whole_point():
    found = sieve(b"m,time=x v=1 1\nm v=2 2\nm,time=x v=3 3")

    reason = 'invalid tag key: input tag "time" on measurement "m" is invalid'
    assert found.refusals(week) == [Refusal(reason, 2, 0, 0)]
    assert values_of(found.kept()) == [("m", {"v": 2.0})]


def test_a_field_named_time_is_dropped_beside_others_and_refused_alone():
    found = sieve(b'm time=1,v="x" 1\nm time=2 2')

    reason = 'invalid field name: input field "time" on measurement "m" is invalid'
    assert found.refusals(week) == [Refusal(reason, 1, 0, 1)]
    assert values_of(found.kept()) == [("m", {"v": "x"})]


def test_points_outside_of_a_policy_belong_to_no_shard():
    found = sieve(b"m v=1 1\nm v=2 50\nm v=3 999")
    found.refuse_outside(40, 500)

    assert found.refusals(week) == [Refusal(BEYOND_RETENTION, 2, None, 0)]
    kept = found.kept()
    assert (list(kept.times), list(kept.order)) == ([50], [1])


def test_refusals_are_counted_by_shard_and_the_first_reason_stays():
    found = sieve(b"m v=1 250\nm v=2 10\nm v=3 20\nn v=4 30")
    found.refuse(found.rows_of(0), "one")
    found.refuse(found.rows_of(1), "other")
    found.refuse([0, 1], "late")

    assert found.refusals(week) == [
        Refusal("one", 1, 200, 0),
        Refusal("one", 2, 0, 1),
        Refusal("other", 1, 0, 3),
    ]
    assert found.kept().layouts == ()


def test_parts_are_the_rows_of_a_layout_in_one_shard():
    found = sieve(b"m v=1 250\nm v=2 10\nm v=3 20\nn v=4 30\nm v=5 99\nm,time=x v=6 1")
    found.refuse([4], "one")  # that of n

    assert found.parts(lambda time_ns: (week(time_ns), week(time_ns) + WEEK)) == [
        Part(0, [0], 250),
        Part(0, [1, 2, 3], 10),
    ]


@pytest.mark.parametrize("body", [b"", b"# nothing\n"])
def test_an_empty_body_has_nothing_to_refuse(body):
    found = sieve(body)
    found.refuse_outside(0, 1)

    assert found.refusals(week) == []
