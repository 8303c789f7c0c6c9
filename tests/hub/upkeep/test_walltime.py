import pytest

from muster.clock import DAY_NS, ManualClock
from muster.hub.upkeep.walltime import WallTime

DAY_S = 86_400


@pytest.fixture
def clock():
    return ManualClock()


def wall(folder, clock, newest=0):
    return WallTime(file=folder / "kept.json", newest=lambda before_ns: newest, clock=clock)


def test_a_new_hub_believes_its_clock(tmp_path, clock):
    assert wall(tmp_path, clock).is_plausible()


def test_a_month_without_the_hub_is_believed_and_more_is_not(tmp_path, clock):
    wall(tmp_path, clock).is_plausible()
    clock.jump(29 * DAY_S)
    assert wall(tmp_path, clock).is_plausible()
    clock.jump(2 * DAY_S)

    assert not wall(tmp_path, clock).is_plausible()


def test_a_leap_is_believed_after_a_day_and_said_once(tmp_path, clock, caplog):
    judge = wall(tmp_path, clock)
    judge.is_plausible()
    clock.jump(400 * DAY_S)
    answers = []
    for _ in range(25):
        answers.append(judge.is_plausible())
        clock.advance(3600)

    assert answers == [False] * 24 + [True]
    assert [record.days for record in caplog.records] == [400]
    judge.tidied()
    assert judge.is_plausible()
    assert wall(tmp_path, clock).is_plausible()


def test_a_leap_while_the_hub_has_long_been_running_must_hold_too(tmp_path, clock):
    judge = wall(tmp_path, clock)
    judge.is_plausible()
    clock.advance(10 * DAY_S)
    clock.jump(400 * DAY_S)

    assert not judge.is_plausible()


def test_a_machine_that_starts_in_1970_does_not_make_the_present_a_leap(tmp_path, clock):
    wall(tmp_path, clock).is_plausible()
    past = ManualClock(DAY_NS)
    judge = wall(tmp_path, past)
    assert judge.is_plausible()  # by that clock nothing is past its time
    judge.tidied()

    assert wall(tmp_path, clock).is_plausible()


def test_a_clock_that_was_put_back_for_good_is_the_measure_after_a_day(tmp_path, clock):
    judge = wall(tmp_path, clock)
    judge.is_plausible()
    clock.jump(-400 * DAY_S)
    judge.is_plausible()
    clock.advance(DAY_S)
    judge.is_plausible()
    judge.tidied()
    clock.jump(60 * DAY_S)

    assert not wall(tmp_path, clock).is_plausible()


def test_a_damaged_file_is_made_anew_by_what_was_stored(tmp_path, clock):
    (tmp_path / "kept.json").write_bytes(b"\xff")

    assert not wall(tmp_path, clock, newest=clock.now_ns() - 400 * DAY_NS).is_plausible()
    assert not wall(tmp_path, clock).is_plausible()
