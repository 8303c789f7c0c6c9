"""Questions through a link: timers, places, cancelling, sharing, and every kind of answer."""

import asyncio
from datetime import timedelta

import pytest
from agentdesk import CLAIM, Desk

from muster.errors import LimitExceeded, ProtocolError, Unavailable
from muster.faces.netdata.queries import BadAnswer, Question
from muster.wire.netdata.query import HttpReply, encode_reply

HEADERS = (("X-Netdata-Role", "observer"),)


def question(number=0, **given):
    return Question(target=f"/api/v1/info?n={number}", headers=HEADERS, **given)


async def settle():
    """Let what was begun come to rest."""
    for _ in range(20):
        await asyncio.sleep(0)


@pytest.fixture
async def jobs():
    async with asyncio.TaskGroup() as group:
        yield group


async def test_a_question_goes_out_whole_and_its_answer_comes_back_unpacked(jobs):
    desk = Desk()
    asking = jobs.create_task(desk.queries.ask(question()))
    await settle()
    (asked,) = desk.asked
    desk.answer(asked, b'{"version":"v2.10.4"}')

    assert await asking == (200, b'{"version":"v2.10.4"}')
    assert asked.target == "/api/v1/info?n=0"
    assert asked.callback_topic == f"/agent/{CLAIM}/outbox/http/{asked.msg_id}"
    assert dict(asked.headers) == {"x-netdata-role": "observer", "accept-encoding": "gzip"}
    assert asked.timeout_ms == 10_000
    assert desk.queries.counts == (1, 0, 0)


async def test_an_agent_on_this_machine_is_asked_not_to_pack_its_answers(jobs):
    desk = Desk(is_near=True)
    asking = jobs.create_task(desk.queries.ask(question()))
    await settle()
    (asked,) = desk.asked
    desk.answer(asked, b"{}")

    assert await asking == (200, b"{}")
    assert dict(asked.headers) == {"x-netdata-role": "observer"}


async def test_a_question_without_an_answer_ends_by_its_own_timer_and_is_cancelled(jobs):
    desk = Desk(timeout=timedelta(milliseconds=1))
    with pytest.raises(Unavailable, match=r"no answer within 0\.001 s"):
        await desk.queries.ask(question())

    assert desk.cancelled == [desk.asked[0].msg_id]
    desk.answer(desk.asked[0])
    assert desk.queries.counts == (1, 1, 1)


async def test_who_goes_away_takes_the_question_along(jobs):
    desk = Desk()
    asking = jobs.create_task(desk.queries.ask(question()))
    await settle()
    asking.cancel()
    await settle()

    assert desk.cancelled == [desk.asked[0].msg_id]


async def test_some_are_with_the_agent_at_once_and_the_next_take_their_places(jobs):
    desk = Desk(at_once=2)
    asking = [jobs.create_task(desk.queries.ask(question(number))) for number in range(4)]
    await settle()
    assert [query.target[-1] for query in desk.asked] == ["0", "1"]
    desk.clock.advance(3)
    asking[2].cancel()
    await settle()
    desk.answer(desk.asked[0])
    await settle()

    assert [query.target[-1] for query in desk.asked] == ["0", "1", "3"]
    assert desk.asked[2].timeout_ms == 7_000
    assert desk.cancelled == []
    desk.answer(desk.asked[1])
    desk.answer(desk.asked[2])


async def test_more_than_may_wait_are_refused(jobs):
    desk = Desk(at_once=1, waiting=1)
    for number in range(2):
        jobs.create_task(desk.queries.ask(question(number)))
    await settle()
    with pytest.raises(LimitExceeded, match="wait for this agent already"):
        await desk.queries.ask(question(2))

    desk.answer(desk.asked[0])
    desk.answer(desk.asked[1])


async def test_equal_questions_that_may_be_shared_are_asked_once(jobs):
    desk = Desk()
    asking = [jobs.create_task(desk.queries.ask(question(is_shared=True))) for _ in range(3)]
    jobs.create_task(desk.queries.ask(question()))
    await settle()
    assert len(desk.asked) == 2
    asking[0].cancel()
    await settle()
    assert desk.cancelled == []
    desk.answer(desk.asked[0], b"1")
    desk.answer(desk.asked[1], b"2")

    assert [(await each).body for each in asking[1:]] == [b"1", b"1"]
    again = jobs.create_task(desk.queries.ask(question(is_shared=True)))
    await settle()
    assert len(desk.asked) == 3
    desk.answer(desk.asked[2])
    await again


async def test_a_shared_question_is_cancelled_when_the_last_one_goes(jobs):
    desk = Desk()
    asking = [jobs.create_task(desk.queries.ask(question(is_shared=True))) for _ in range(2)]
    await settle()
    for each in asking:
        each.cancel()
    await settle()

    assert desk.cancelled == [desk.asked[0].msg_id]


async def test_the_end_of_the_link_fails_everything_at_once(jobs):
    desk = Desk(at_once=1)
    asking = [asyncio.ensure_future(desk.queries.ask(question(number))) for number in range(3)]
    await settle()
    desk.queries.link_ended("the agent said goodbye")

    for each in asking:
        with pytest.raises(Unavailable, match="no answer: the agent said goodbye"):
            await each
    with pytest.raises(Unavailable, match="cannot be asked: the agent said goodbye"):
        await desk.queries.ask(question())
    assert len(desk.asked) == 1
    assert desk.cancelled == []


async def test_what_cannot_be_sent_fails_alone(jobs):
    desk = Desk(at_once=1)
    desk.refusal = Unavailable("the link is full")
    with pytest.raises(Unavailable, match="the link is full"):
        await desk.queries.ask(question())
    desk.refusal = None
    with pytest.raises(LimitExceeded):
        await desk.queries.ask(Question(target="/" + "a" * 131_000, headers=HEADERS))
    with pytest.raises(ProtocolError):
        await desk.queries.ask(Question(target="/\r\nHost: x", headers=HEADERS))

    assert desk.asked == []


async def raw_reply(desk, jobs, payload):
    asking = asyncio.ensure_future(desk.queries.ask(question()))
    await settle()
    query = desk.asked[-1]
    desk.queries.take_reply(query.msg_id, payload(query))
    return await asking


async def test_an_answer_that_cannot_be_read_is_told_as_such(jobs):
    desk = Desk()
    with pytest.raises(BadAnswer, match="cannot be read"):
        await raw_reply(desk, jobs, lambda query: b"\xff\0")


async def test_an_answer_to_another_question_is_refused(jobs):
    desk = Desk()
    reply = encode_reply(HttpReply(msg_id="another", status=200))
    with pytest.raises(BadAnswer, match="another was due"):
        await raw_reply(desk, jobs, lambda query: reply)


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [(413, 4, LimitExceeded), (503, 6, Unavailable), (404, 2, Unavailable)],
)
async def test_what_the_agent_says_in_place_of_an_answer_is_passed_on(jobs, status, code, kind):
    desk = Desk()
    with pytest.raises(kind, match="could not answer: too\\\\x07"):
        await raw_reply(
            desk,
            jobs,
            lambda query: encode_reply(
                HttpReply(
                    msg_id=query.msg_id,
                    status=status,
                    error_code=code,
                    error_description="too\x07 much",
                )
            ),
        )


async def test_an_answer_that_unpacks_to_more_than_may_be_is_refused(jobs):
    desk = Desk(reply_bytes=1_000)
    with pytest.raises(LimitExceeded, match="more than 1000 bytes"):
        await raw_reply(
            desk,
            jobs,
            lambda query: encode_reply(
                HttpReply(msg_id=query.msg_id, status=200, body=bytes(1_001)), encoding="gzip"
            ),
        )


async def test_an_answer_that_nobody_waits_for_is_counted(jobs):
    desk = Desk()
    desk.queries.take_reply("nobody's", b"\xff")

    assert desk.queries.counts.strays == 1


async def test_who_is_told_hears_an_answer_once_and_nothing_after_withdrawing():
    desk, told = Desk(), []
    desk.queries.put(question(), told.append)()
    withdraw = desk.queries.put(question(), told.append)
    for each in desk.asked:
        desk.answer(each)
    withdraw()

    assert told == [(200, b"{}")]
    assert desk.cancelled == [desk.asked[0].msg_id]
    assert desk.queries.counts == (2, 1, 1)


async def test_who_asks_again_when_told_gets_an_answer_of_its_own():
    desk, told = Desk(), []

    def again(answer):
        told.append(answer)
        desk.queries.put(question(is_shared=True), told.append)

    desk.queries.put(question(is_shared=True), again)
    desk.answer(desk.asked[0], b"1")
    desk.answer(desk.asked[1], b"2")

    assert [each.body for each in told] == [b"1", b"2"]


async def test_each_asker_waits_as_long_as_it_said():
    desk, told = Desk(), []
    desk.queries.put(question(is_shared=True), told.append, 60)
    desk.queries.put(question(is_shared=True), told.append, 0.001)
    with pytest.raises(Unavailable, match=r"within 0\.002 s"):
        await desk.queries.ask(question(is_shared=True), 0.002)

    assert [str(each) for each in told] == ["the agent gave no answer within 0.001 s"]
    desk.answer(desk.asked[0])
    assert told[1] == (200, b"{}")
    desk.queries.link_ended("over")
