import asyncio

import pytest

from muster.clock import ManualClock
from muster.core.forwarding.forwardlane import GATHER_S, Lane, LaneTitle
from muster.errors import Unavailable
from muster.ports.forwarding import Form, Outcome, Packet, Verdict
from muster.testing.forwarding import MemoryQueue, ToldSender

LATER = Outcome(Verdict.LATER, "it is away")


class Way:
    """A lane with a queue of three packets."""

    def __init__(self, *senders, random=0.5):
        self.queue = MemoryQueue("q")
        self.queue.packets = [Packet("d", "p", 10, b"x" * 100) for _ in range(3)]
        self.clock = ManualClock()
        self.slept = []
        self.lane = Lane(
            title=LaneTitle(name="n", kind="forward"),
            form=Form.LINES,
            queue=self.queue,
            senders=senders,
            clock=self.clock,
            random=lambda: random,
            sleep=self.sleep,
        )

    async def sleep(self, wait_s):
        if wait_s != GATHER_S:
            self.slept.append(wait_s)
        await asyncio.sleep(0)

    async def until_empty(self):
        async with asyncio.timeout(60), asyncio.TaskGroup() as jobs:
            job = jobs.create_task(self.lane.run())
            while self.queue.packets:  # noqa: ASYNC110
                await asyncio.sleep(0)
            job.cancel()


async def test_what_waits_is_sent_at_once_as_far_as_it_fits():
    sender = ToldSender("there")
    way = Way(sender)

    assert await way.lane.step() == GATHER_S  # others may come meanwhile

    assert [chunk.points for chunk in sender.chunks] == [30]
    assert await way.lane.step() is None
    (one,) = way.lane.view().destinations
    assert (one.sent_points, one.failing, one.sent_ns) == (30, False, way.clock.now_ns())


async def test_a_destination_that_is_away_is_asked_again_with_growing_random_waits():
    way = Way(ToldSender("there", *[LATER] * 9))

    await way.until_empty()

    assert way.slept == [0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 30.0, 30.0, 30.0]
    assert way.queue.sent == 30


async def test_a_wait_starts_small_again_after_success_and_obeys_the_peer():
    sender = ToldSender("there", LATER, LATER, Outcome(Verdict.TAKEN))
    way = Way(sender)
    await way.until_empty()
    way.queue.packets = [Packet("d", "p", 1, b"x")]
    sender.outcomes = [Outcome(Verdict.LATER, "busy", retry_after_s=7.0)]

    assert await way.lane.step() == 7.5
    sender.outcomes = [Outcome(Verdict.LATER, "busy", retry_after_s=1e9)]
    assert await way.lane.step() == 601.0


async def test_of_several_destinations_each_gets_its_turn():
    one, two = ToldSender("one"), ToldSender("two")
    way = Way(one, two)
    way.queue.packets = [Packet("d", str(number), 1, b"") for number in range(4)]

    await way.until_empty()

    assert [chunk.policy for chunk in one.chunks] == ["0", "2"]
    assert [chunk.policy for chunk in two.chunks] == ["1", "3"]


async def test_when_one_does_not_take_it_the_next_is_asked_without_a_wait():
    one, two = ToldSender("one", LATER, LATER), ToldSender("two")
    way = Way(one, two)

    await way.until_empty()

    assert way.slept == []
    assert [chunk.points for chunk in two.chunks] == [30]
    first, second = way.lane.view().destinations
    assert (first.failing, first.error, second.failing) == (True, "it is away", False)


async def test_what_will_never_be_taken_is_counted_and_passed_over():
    way = Way(ToldSender("there", Outcome(Verdict.REFUSED, "no such database")))

    await way.until_empty()

    assert (way.queue.refused, way.queue.sent) == (30, 0)


async def test_a_partial_refusal_counts_what_the_peer_said():
    way = Way(ToldSender("there", Outcome(Verdict.REFUSED, "partial write", refused=3)))

    await way.until_empty()

    assert (way.queue.refused, way.queue.sent) == (3, 27)


async def test_what_is_too_large_is_sent_in_parts():
    large = Outcome(Verdict.TOO_LARGE, "too large")
    sender = ToldSender("there", large, large)
    way = Way(sender)

    await way.until_empty()

    assert [len(chunk.bodies) for chunk in sender.chunks] == [3, 1, 2]
    assert (way.queue.refused, way.queue.sent) == (10, 20)


async def test_what_goes_to_several_policies_is_sent_in_as_many_requests_and_none_twice():
    sender = ToldSender("there", Outcome(Verdict.TAKEN), LATER, LATER)
    way = Way(sender)
    way.queue.packets = [Packet("d", policy, 1, policy.encode()) for policy in "abab"]

    await way.until_empty()

    sent = [(chunk.policy, chunk.points) for chunk in sender.chunks]
    assert sent == [("a", 2), ("b", 2), ("b", 2), ("b", 2)]
    assert way.queue.sent == 4


async def test_a_large_load_is_followed_by_the_next_at_once():
    way = Way(ToldSender("there"))
    way.queue.packets = [Packet("d", "p", 1, b"x" * (1 << 20))] * 2

    assert await way.lane.step() == 0.0


async def test_neither_a_disk_nor_a_fault_ends_a_way_out(monkeypatch, caplog):
    way = Way(ToldSender("there"))
    errors = [Unavailable("the disk"), ZeroDivisionError()]
    peek = way.queue.peek

    async def failing(most_bytes):
        if errors:
            raise errors.pop(0)
        return await peek(most_bytes)

    monkeypatch.setattr(way.queue, "peek", failing)
    await way.until_empty()

    assert way.queue.sent == 30
    assert way.slept == [0.5, 1.0]
    assert "a queue cannot be read" in caplog.text
    assert "sending on failed" in caplog.text


async def test_something_new_wakes_a_lane_that_has_nothing_to_do():
    way = Way(ToldSender("there"))
    await way.until_empty()
    async with asyncio.timeout(60), asyncio.TaskGroup() as jobs:
        job = jobs.create_task(way.lane.run())
        for _ in range(5):
            await asyncio.sleep(0)
        way.queue.packets = [Packet("d", "p", 1, b"x")]
        way.lane.wake()
        while way.queue.packets:  # noqa: ASYNC110
            await asyncio.sleep(0)
        job.cancel()

    assert way.queue.sent == 31


@pytest.mark.parametrize("failures", [1, 25])
async def test_a_destination_that_stays_away_is_not_logged_each_time(failures, caplog):
    way = Way(ToldSender("there", *[LATER] * failures))

    await way.until_empty()

    assert caplog.text.count("points were not taken") == (failures + 9) // 10
