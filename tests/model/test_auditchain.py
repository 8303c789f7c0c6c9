"""The chain of audit events: its hashes, and what a walk along it says."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from muster.model.auditchain import GENESIS, ChainWalk, Checkpoint, hash_of

WORDS = [b"1", b"ada", b"node.edit", b"n", b"::1", b"ok", b"", b""]
START = Checkpoint(0, GENESIS)


def chain(count, first=1, previous=GENESIS):
    found = []
    for id in range(first, first + count):
        previous = hash_of(previous, id, WORDS)
        found.append((id, WORDS, previous))
    return found


def walk(events, *, given, begins=START, noted=None):
    walking = ChainWalk(begins, noted or {})
    for event in events:
        if not walking.take(*event):
            break
    return walking.end(given)


def test_the_hash_is_what_the_format_page_says():
    text = "0" * 64 + "1:7,1:1,3:ada,9:node.edit,1:n,3:::1,2:ok,0:,0:,"

    assert hash_of(GENESIS, 7, WORDS) == hashlib.sha256(text.encode()).hexdigest()


@given(st.lists(st.binary(max_size=12), min_size=8, max_size=8), st.data())
def test_no_two_rows_of_words_have_one_hash(words, data):
    others = data.draw(st.lists(st.binary(max_size=12), min_size=8, max_size=8))

    same = hash_of(GENESIS, 1, words) == hash_of(GENESIS, 1, others)
    assert same == (words == others)


def test_moving_text_from_one_word_to_the_next_changes_the_hash():
    assert hash_of(GENESIS, 1, [b"ab", b"c"]) != hash_of(GENESIS, 1, [b"a", b"bc"])


def test_a_whole_chain_is_fine_and_so_is_none():
    events = chain(5)

    assert walk(events, given=5).newest == Checkpoint(5, events[-1][2])
    assert walk(events, given=5).ok
    assert walk([], given=0).ok


@pytest.mark.parametrize(
    ("events", "given", "noted", "event", "what"),
    [
        (chain(5)[:3] + chain(5)[4:], 5, {}, 4, "missing"),
        (chain(5)[:3], 5, {}, 4, "missing"),
        (chain(3), 3, {9: "a"}, 4, "missing"),
        (chain(3), 3, {2: "a"}, 2, "altered"),
        (chain(3), 3, {0: "a"}, 0, "checkpoint"),
        ([*chain(2), (3, WORDS, "f" * 64)], 3, {}, 3, "altered"),
        (chain(2) + chain(2), 2, {}, 1, "inserted"),
    ],
)
def test_the_first_event_that_does_not_fit_is_named(events, given, noted, event, what):
    report = walk(events, given=given, noted=noted)

    assert not report.ok
    assert (report.fault.event, report.fault.what) == (event, what)


def test_what_was_noted_of_a_forgotten_event_is_passed_over():
    begins = Checkpoint(3, GENESIS)

    assert walk(chain(2, first=4), given=5, begins=begins, noted={1: "gone"}).ok
