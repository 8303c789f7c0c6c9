"""The zstd layer: what says it is too long is not unpacked."""

import pytest
import zstandard

from muster.errors import LimitExceeded, ProtocolError
from muster.wire.limits import Limits
from muster.wire.packing import packed, plain_size, unpacked

LIMITS = Limits(frame_bytes=1_000, plain_bytes=5_000)


def test_bytes_come_back():
    assert unpacked(packed(b"frame" * 10, LIMITS), LIMITS) == b"frame" * 10


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"no zstd",
        bytes(1_001),
        zstandard.compress(bytes(5_001)),
        zstandard.compress(b""),
        zstandard.ZstdCompressor(write_content_size=False).compress(b"x"),
        zstandard.compress(b"x") + b"more",
        zstandard.compress(bytes(range(200)))[:-1],
    ],
)
def test_what_is_not_one_short_frame_is_refused(body):
    with pytest.raises(ProtocolError):
        unpacked(body, LIMITS)


def test_after_an_error_the_next_frame_is_good():
    with pytest.raises(ProtocolError):
        unpacked(zstandard.compress(bytes(range(200)))[:-1], LIMITS)

    assert unpacked(packed(b"next", LIMITS), LIMITS) == b"next"


def test_what_is_too_long_is_not_sent():
    with pytest.raises(LimitExceeded):
        packed(bytes(5_001), LIMITS)


@pytest.mark.parametrize(
    ("body", "size"),
    [
        (zstandard.compress(bytes(70_000)), 70_000),
        (b"no zstd", 0),
        (zstandard.ZstdCompressor(write_content_size=False).compress(b"x"), 0),
    ],
)
def test_a_frame_tells_its_length_before_it_is_unpacked(body, size):
    assert plain_size(body) == size
