"""Questions of the hub always get an answer."""

import logging

from muster.agent.ask import Questions
from muster.errors import NotFound
from muster.model.inventory import Facts
from muster.wire.messages import Ask


def _missing(_: object) -> None:
    raise NotFound("no such thing: 'x'")


QUESTIONS = Questions(
    {
        "echo": lambda arguments: dict(arguments),
        "facts": lambda _: Facts(hostname="web-1", cores=2),
        "missing": _missing,
        "broken": lambda _: 1 / 0,
    }
)


def test_a_known_method_answers_with_its_result():
    answer = QUESTIONS.answer(Ask(id=3, method="echo", arguments={"a": 1}))

    assert (answer.id, answer.result, answer.error) == (3, {"a": 1}, "")


def test_structs_become_plain_values():
    answer = QUESTIONS.answer(Ask(id=1, method="facts"))

    assert answer.result["hostname"] == "web-1"


def test_an_unknown_method_is_told_what_there_is():
    answer = QUESTIONS.answer(Ask(id=1, method="reboot"))

    assert answer.error == "unknown question 'reboot'; known: broken, echo, facts, missing"


def test_an_error_of_ours_is_the_answer():
    assert QUESTIONS.answer(Ask(id=1, method="missing")).error == "no such thing: 'x'"


def test_a_bug_is_logged_and_not_told(caplog):
    with caplog.at_level(logging.ERROR):
        answer = QUESTIONS.answer(Ask(id=1, method="broken"))

    assert answer.error == "broken: fault in the agent, see its log"
    assert "ZeroDivisionError" in caplog.text
