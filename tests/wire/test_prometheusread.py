from array import array

import pytest
from hypothesis import given
from hypothesis import strategies as st

from muster.errors import InputError, LimitExceeded, MusterError
from muster.testing.remotereading import frames_of, query, request
from muster.testing.remotewriting import part, series_v1
from muster.wire.prometheusread import (
    LabelMatcher,
    ReadLimits,
    ReadQuery,
    ReadSeries,
    ResponseType,
    answer_of_chunks,
    answer_of_samples,
    decode_read,
)
from muster.wire.prometheusxor import SAMPLES

LIMITS = ReadLimits(queries=2, matchers=2, text_bytes=10)
UP = (("__name__", "up"), ("job", "node"))
ONE = 0x3FF0_0000_0000_0000
ASKED = query(-5, 9, (0, "__name__", "up"), (3, "job", "a|b"))


def series(labels, count: int, start: int = 7) -> ReadSeries:
    times = array("q", range(start, start + count))
    return ReadSeries(labels, times, array("q", [ONE]) * count)


def test_a_request_of_prometheus_is_read():
    asked = decode_read(request(ASKED, accepted=(1, 0)), LIMITS)

    matchers = (LabelMatcher("__name__", "=", "up"), LabelMatcher("job", "!~", "a|b"))
    assert asked.queries == (ReadQuery(start_ms=-5, end_ms=9, matchers=matchers),)
    assert asked.response_type is ResponseType.CHUNKS


@pytest.mark.parametrize(("accepted", "form"), [((), 0), ((0,), 0), ((9, 1), 1)])
def test_the_first_form_that_is_known_is_answered(accepted, form):
    assert decode_read(request(accepted=accepted), LIMITS).response_type == form


def test_forms_that_are_all_strange_are_refused():
    with pytest.raises(InputError, match="no form of answer"):
        _ = decode_read(request(accepted=(7,)), LIMITS).response_type


@pytest.mark.parametrize(
    "body",
    [
        *(b"\x0a", b"\x0a\x02\x08", b"\x08\x01"),
        query(0, 1, (9, "a", "b")),
        part(1, part(3, part(2, b"\xff"))),
    ],
    ids=bytes.hex,
)
def test_what_is_no_request_is_refused(body):
    with pytest.raises(InputError):
        decode_read(body, LIMITS)


@pytest.mark.parametrize(
    "body",
    [
        request(ASKED, ASKED, ASKED),
        query(0, 1, *[(0, "a", "b")] * 3),
        query(0, 1, (0, "a", "b" * 11)),
        b"\x10\x00" * 101,
        b"\x12\x65" + bytes(101),
    ],
    ids=len,
)
def test_too_much_of_something_is_refused(body):
    with pytest.raises(LimitExceeded):
        decode_read(body, LIMITS)


@given(st.integers(0, len(ASKED)), st.binary(max_size=3))
def test_whatever_comes_is_read_or_refused(place, spoiled):
    try:
        decode_read(ASKED[:place] + spoiled + ASKED[place + 1 :], LIMITS)
    except MusterError as error:
        assert str(error)


def test_samples_are_answered_in_a_result_for_each_query():
    answer = answer_of_samples([[series(UP, 2)], [], [series(UP, 1), series(UP[:1], 1)]])

    two = series_v1(dict(UP), [(1.0, 7), (1.0, 8)])
    one = series_v1(dict(UP), [(1.0, 7)]) + series_v1(dict(UP[:1]), [(1.0, 7)])
    assert answer == part(1, two) + part(1, b"") + part(1, one)


def test_chunks_are_of_120_samples_and_say_their_times():
    (frame,) = frames_of(b"".join(answer_of_chunks([[], [series(UP, 250)]])))

    assert (frame.query, frame.labels) == (1, dict(UP))
    assert [chunk[:2] for chunk in frame.chunks] == [(7, 126), (127, 246), (247, 256)]
    expected = series(UP, 10, 247)
    assert frame.chunks[2][2] == SAMPLES.chunk(expected.times_ms, expected.bits)


def test_a_long_series_goes_on_in_the_next_frame():
    times = array("q", range(0, 200_000 * 977, 977))
    noisy = array("q", [at * 0x9E37_79B9_7F4A % (1 << 62) for at in range(200_000)])
    frames = list(frames_of(b"".join(answer_of_chunks([[ReadSeries(UP, times, noisy)]]))))

    assert len(frames) > 1
    assert {tuple(frame.labels.items()) for frame in frames} == {UP}
    assert sum(len(frame.chunks) for frame in frames) == -(-200_000 // 120)
