"""Frames between hub and signer: whatever arrives is a message or a ProtocolError."""

import contextlib
import socket

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from muster.errors import ProtocolError
from muster.hub.keys import signerframes
from muster.hub.keys.signerframes import (
    Certified,
    Describe,
    IssueAgent,
    IssueServer,
    Refused,
    SignLists,
    receive_answer,
    receive_question,
    send,
)
from muster.pki.crl import Revoked


@pytest.fixture
def ends():
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.settimeout(60)
        yield ours, theirs


QUESTIONS = [
    Describe(),
    IssueAgent(request="PEM", identity="spiffe://x", lifetime_s=60),
    IssueServer(request="PEM", names=["a", "b"]),
    SignLists(entries=[Revoked(serial="a1", revoked_ns=5, reason="x")], number=9),
    signerframes.Prepare(staged=True),
    signerframes.Retire(),
]


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda each: type(each).__name__)
def test_a_question_arrives_as_it_was_asked(ends, question):
    send(ends[0], question)

    assert receive_question(ends[1]) == question


@pytest.mark.parametrize("answer", [Certified("PEM"), Refused("input", "no")])
def test_an_answer_arrives_as_it_was_given(ends, answer):
    send(ends[0], answer)

    assert receive_answer(ends[1]) == answer


def test_an_answer_is_no_question(ends):
    send(ends[0], Certified("PEM"))
    with pytest.raises(ProtocolError):
        receive_question(ends[1])


def test_who_is_gone_says_nothing_also_in_the_middle_of_a_frame(ends):
    ours, theirs = ends
    ours.sendall(b"\x00\x00\x00\x10half")
    ours.close()

    assert receive_question(theirs) is None
    assert receive_question(theirs) is None


def test_a_frame_that_is_too_long_is_refused_before_it_is_read(ends):
    ends[0].sendall((signerframes.MAX_FRAME_BYTES + 1).to_bytes(4, "big"))
    with pytest.raises(ProtocolError, match="at most"):
        receive_question(ends[1])


def test_a_frame_that_is_too_long_is_not_sent(ends, monkeypatch):
    monkeypatch.setattr(signerframes, "MAX_FRAME_BYTES", 10)
    with pytest.raises(ProtocolError, match="at most 10"):
        send(ends[0], Certified("x" * 100))


OUT_OF_BOUNDS = [
    {"type": "IssueAgent", "request": "x" * 9_000, "identity": "y"},
    {"type": "IssueAgent", "request": "x", "identity": "y" * 201},
    {"type": "IssueAgent", "request": "x", "identity": "y", "lifetime_s": -1},
    {"type": "IssueServer", "request": "x", "names": []},
    {"type": "IssueServer", "request": "x", "names": ["n"] * 101},
    {"type": "IssueServer", "request": "x", "names": ["n" * 254]},
    {"type": "SignLists", "entries": [{"serial": "XYZ", "revoked_ns": 1}], "number": 1},
    {"type": "SignLists", "entries": [], "number": -1},
    {"type": "GiveMeTheKey"},
    {"type": "Prepare"},
]


@pytest.mark.parametrize("said", OUT_OF_BOUNDS, ids=lambda each: each["type"])
def test_what_breaks_a_bound_is_refused_where_it_arrives(ends, said):
    body = msgspec.msgpack.encode(said)
    ends[0].sendall(len(body).to_bytes(4, "big") + body)
    with pytest.raises(ProtocolError):
        receive_question(ends[1])


@given(st.binary(max_size=200))
def test_any_bytes_end_in_a_message_or_a_protocol_error(body):
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.sendall(len(body).to_bytes(4, "big") + body)
        with contextlib.suppress(ProtocolError):
            receive_question(theirs)
