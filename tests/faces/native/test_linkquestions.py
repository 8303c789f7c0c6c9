"""Questions and answers by number; on a link they are tested in test_agentlink.py."""

import asyncio

import pytest

from muster.errors import LimitExceeded, Unavailable
from muster.faces.native.linkquestions import LinkQuestions
from muster.wire.messages import Answer


class Line:
    """Keeps what was said."""

    def __init__(self):
        self.said = []

    async def say(self, message):
        self.said.append(message)


async def test_answers_find_their_questions_in_any_order():
    line = Line()
    questions = LinkQuestions(line.say)
    async with asyncio.TaskGroup() as jobs:
        asking = [jobs.create_task(questions.ask(name, {})) for name in ("one", "two")]
        await asyncio.sleep(0)
        for ask in reversed(line.said):
            questions.take(Answer(id=ask.id, result=ask.method.upper()))
        questions.take(Answer(id=99, result="nobody asked"))

    assert [each.result() for each in asking] == ["ONE", "TWO"]


async def test_too_many_questions_at_once_are_refused_and_all_end_with_the_link():
    questions = LinkQuestions(Line().say)
    async with asyncio.TaskGroup() as jobs:
        asking = [jobs.create_task(caught(questions.ask("status", {}))) for _ in range(17)]
        await asyncio.sleep(0)
        questions.end()
    errors = [each.result() for each in asking]

    assert [type(error) for error in errors] == [Unavailable] * 16 + [LimitExceeded]
    assert errors[-1].retry_after_s == 1


async def test_nothing_is_asked_over_a_link_that_ended():
    questions = LinkQuestions(Line().say)
    questions.end()

    assert isinstance(await caught(questions.ask("status", {})), Unavailable)


async def caught(asking):
    with pytest.raises((Unavailable, LimitExceeded)) as error:
        await asking
    return error.value
