from array import array

import pytest

from muster.testing.remotereading import frames_of, query, request
from muster.wire.prometheusread import ReadSeries, answer_of_chunks


def test_requests_are_those_of_the_definition_byte_for_byte():
    asked = request(query(1, 2, (1, "a", "b")), accepted=(1, 0))

    matcher = b"\x1a\x08\x08\x01\x12\x01a\x1a\x01b"
    assert asked == b"\x0a\x13\x08\x01\x10\x02" + matcher + b"\x22\x03\x08\x98\x75\x12\x02\x01\x00"


def test_a_wrong_sum_is_seen():
    series = ReadSeries((("a", "b"),), array("q", [1]), array("q", [2]))
    (frame,) = answer_of_chunks([[series]])

    assert [each.labels for each in frames_of(frame)] == [{"a": "b"}]
    with pytest.raises(AssertionError, match="sum"):
        list(frames_of(frame[:-1] + b"?"))
