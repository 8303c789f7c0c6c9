import pytest
from hypothesis import given
from hypothesis import strategies as st

from muster.errors import Unavailable
from muster.ports.forwarding import Packet
from muster.store.forward.forwardrecords import MAGIC, measure, packed, packet_of, record_at


def test_a_record_is_read_as_it_was_written(tmp_path):
    file = tmp_path / "1.queue"
    file.write_bytes(MAGIC + packed(Packet("d", "p", 3, b"body"), 9))

    with file.open("rb") as opened:
        record = record_at(opened.fileno(), 0)

    assert (record.points, record.kept_ns, record.after) == (3, 9, file.stat().st_size)
    assert packet_of(record) == Packet("d", "p", 3, b"body")


def test_what_a_newer_version_wrote_is_refused_and_left_alone(tmp_path):
    file = tmp_path / "1.queue"
    file.write_bytes(b"MUFWDQ2\nsomething else")

    with pytest.raises(Unavailable, match="newer version"):
        measure(file, 0)

    assert file.read_bytes() == b"MUFWDQ2\nsomething else"


@given(flips=st.sets(st.integers(0, 10_000), min_size=1, max_size=4), cut=st.integers(0, 80))
def test_whatever_happened_to_a_file_only_whole_records_are_measured(tmp_path_factory, flips, cut):
    file = tmp_path_factory.mktemp("q") / "1.queue"
    records = [packed(Packet("d", "p", 1, bytes([number]) * 30), number) for number in range(3)]
    data = bytearray(MAGIC + b"".join(records))
    del data[len(data) - cut :]
    for flip in flips:
        data[flip % len(data)] ^= 1
    file.write_bytes(data)

    try:
        size, points = measure(file, 0)
    except Unavailable:  # it looks like a newer version's
        return

    assert file.stat().st_size == size
    assert points <= 3
    assert measure(file, 0) == (size, points)
