"""Every way in which a claim ends has a code of its own, the original's words, and a remedy."""

import pytest

from muster.agent.netdata.outcome import (
    KEY,
    MESSAGE,
    REMEDY,
    ClaimExit,
    ClaimFailed,
    judge,
    key_in,
)
from muster.wire.netdata.claim import Refusal, format_refusal


def test_the_codes_are_0_to_18_each_with_words_and_each_failure_with_its_own_remedy():
    assert [int(code) for code in ClaimExit] == list(range(19))
    assert set(MESSAGE) == set(ClaimExit)
    assert set(REMEDY) == set(ClaimExit) - {ClaimExit.CLAIMED}
    assert len(set(REMEDY.values())) == 18


@pytest.mark.parametrize("refusal", [r for r in Refusal if r is not Refusal.MALFORMED])
def test_what_a_hub_refuses_with_has_the_code_of_the_script(refusal):
    code = judge(refusal.status, format_refusal(refusal, "why"))

    assert (int(code), KEY[code]) == (refusal.exit_code, refusal.key)


@pytest.mark.parametrize(
    ("status", "body", "code"),
    [
        (204, b"", 0),
        (204, b'{"errorMsgKey":"ErrForbidden"}', 0),
        (200, b"", 7),
        (422, b'{"errorMsgKey": "ErrInvalidRoomID"}', 10),  # a space: the original says 7
        (422, b'{\n  "errorMsgKey" : "ErrInvalidNodeID"\n}', 8),
        (422, b"", 7),
        (422, b'{"errorMsgKey":"None"}', 7),
        (403, b"<html>", 12),  # no key, and yet a status
        (409, b"", 13),
        (102, b"", 14),
        (500, b"", 15),
        (504, b"", 16),
        (503, b"", 17),
        (404, b'["errorMsgKey"]', 7),
        (404, b"\xff", 7),
    ],
)
def test_an_answer_is_judged_by_its_key_and_else_by_its_status(status, body, code):
    assert judge(status, body) == code


def test_a_failure_says_the_original_words_when_it_has_none_of_its_own():
    assert str(ClaimFailed(ClaimExit.WRONG_USER)) == "Wrong user"
    assert key_in(b'{"errorMsgKey":7}') == ""
