"""Heartbeats by themselves; on a link they are tested in test_agentlink.py."""

import asyncio

import pytest

from muster.clock import SECOND_NS, ManualClock
from muster.faces.native.linkbeats import LinkBeats
from muster.wire.messages import Beat


@pytest.fixture
def clock():
    return ManualClock()


@pytest.fixture
def said():
    return []


@pytest.fixture
def beats(clock, said):
    async def say(message):
        said.append(message)

    return LinkBeats(clock, say)


async def test_each_beat_is_later_than_the_one_before_whatever_the_clock_does(beats, clock):
    first = beats.next_ns()
    clock.jump(-3_600)

    assert [beats.next_ns(), beats.next_ns()] == [first + 1, first + 2]


async def test_only_the_newest_beat_that_comes_back_measures_the_way(beats, clock):
    await beats.say(beats.next_ns())
    old_ns = clock.now_ns()
    clock.advance(1)
    await beats.say(beats.next_ns())
    sent_ns = clock.now_ns()
    clock.advance(0.25)
    beats.take(Beat(time_ns=1, echo_ns=old_ns), clock.monotonic())
    before = beats.round_trip_ms
    beats.take(Beat(time_ns=1, echo_ns=sent_ns), clock.monotonic())
    clock.advance(9)
    beats.take(Beat(time_ns=1, echo_ns=sent_ns), clock.monotonic())

    assert (before, beats.round_trip_ms) == (0.0, 250.0)


async def test_a_beat_returns_the_peers_newest_time_and_tells_its_clock(beats, clock, said):
    beats.note_time(clock.now_ns() - 2 * SECOND_NS)
    await beats.say(7)

    assert beats.clock_skew_s == -2.0
    assert said == [Beat(time_ns=7, echo_ns=clock.now_ns() - 2 * SECOND_NS)]


async def test_a_probe_is_answered_by_a_beat_that_returns_its_time_or_a_later_one(beats):
    probe = asyncio.ensure_future(beats.probe())
    await asyncio.sleep(0)
    sent_ns = beats.next_ns() - 1
    beats.take(Beat(time_ns=1, echo_ns=sent_ns - 1), 0.0)
    await asyncio.sleep(0)
    assert not probe.done()
    beats.take(Beat(time_ns=1, echo_ns=sent_ns), 0.0)

    assert await probe


async def test_nobody_answers_on_a_link_that_is_over(beats):
    probe = asyncio.ensure_future(beats.probe())
    await asyncio.sleep(0)
    beats.end()

    assert not await probe
    assert not await beats.probe()


async def test_a_link_on_which_both_ends_speak_is_only_measured_now_and_then(beats, clock, said):
    for _ in range(12):
        await beats.turn(clock.monotonic())
        beats.has_said = True  # an acknowledgement
        clock.advance(10)

    assert len(said) == 2


@pytest.mark.parametrize("speaks", ["hub", "agent"])
async def test_a_link_on_which_one_end_is_silent_has_a_beat_each_time(beats, clock, said, speaks):
    for _ in range(5):
        await beats.turn(clock.monotonic() if speaks == "agent" else -1.0)
        beats.has_said = speaks == "hub"
        clock.advance(10)

    assert len(said) == 5
