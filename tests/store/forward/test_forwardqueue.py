import logging
from types import SimpleNamespace

import pytest

from muster.errors import Unavailable
from muster.ports.forwarding import Packet
from muster.store.forward.forwardqueue import ForwardQueue

ROOMY = 1 << 20


def packet(body, points=1, policy="autogen"):
    return Packet("db", policy, points, body)


def noise(size, seed):
    """Bytes that no packing makes smaller."""
    import random

    return random.Random(seed).randbytes(size)


def opened(folder, limit=ROOMY):
    queue = ForwardQueue(folder, limit)
    queue.open()
    return queue


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "q"


def bodies_of(load):
    return [packet.body for packet in load.packets]


def drained(queue, most=1):
    bodies = []
    while (load := queue.peek(most)) is not None:
        bodies += bodies_of(load)
        queue.done(load, 0)
    return bodies


def test_what_is_kept_comes_out_in_order(folder):
    queue = opened(folder)
    for number in range(5):
        queue.append([packet(b"%d" % number), packet(b"%d'" % number)], number + 1)

    state = queue.state

    assert (state.waiting_points, state.waiting_since_ns) == (10, 1)
    assert drained(queue) == [b"0", b"0'", b"1", b"1'", b"2", b"2'", b"3", b"3'", b"4", b"4'"]
    assert (queue.state.waiting_points, queue.state.waiting_bytes) == (0, 0)
    assert (queue.state.sent_points, queue.state.waiting_since_ns) == (10, 0)


def test_a_load_holds_what_fits(folder):
    queue = opened(folder)
    packets = [packet(b"aaaa", 2), packet(b"bbbb", 3), packet(b"c", 1, "other")]
    queue.append(packets, 1)

    load = queue.peek(8)

    assert (bodies_of(load), load.points) == ([b"aaaa", b"bbbb"], 5)
    assert bodies_of(queue.peek(7)) == [b"aaaa"]
    assert queue.peek(9).packets == tuple(packets)
    queue.done(load, 2)
    assert queue.peek(100).packets == (packets[2],)
    assert (queue.state.sent_points, queue.state.refused_points) == (3, 2)


def test_what_was_not_sent_is_there_after_a_kill(folder):
    queue = opened(folder)
    for number in range(4):
        queue.append([packet(b"%d" % number)], 7)
    queue.done(queue.peek(1), 0)
    # no close: the process was killed

    again = opened(folder)
    again.append([packet(b"new")], 8)

    assert again.state.waiting_since_ns == 7
    assert again.state.sent_points == 1
    assert drained(again) == [b"1", b"2", b"3", b"new"]


def test_a_torn_tail_is_cut_at_the_last_good_record(folder, caplog):
    queue = opened(folder)
    queue.append([packet(b"whole")], 1)
    (segment,) = folder.glob("*.queue")
    with segment.open("ab") as file:
        file.write(b"\x10\x00\x00\x00torn")

    again = opened(folder)

    assert drained(again) == [b"whole"]
    assert "a torn record was cut off" in caplog.text


def test_without_its_position_everything_is_sent_again(folder):
    queue = opened(folder)
    queue.append([packet(b"a"), packet(b"b")], 1)
    queue.done(queue.peek(1), 0)
    (folder / "position").write_bytes(b"")

    assert drained(opened(folder)) == [b"a", b"b"]


def test_at_its_limit_the_oldest_go_and_are_counted(folder, caplog):
    caplog.set_level(logging.WARNING)
    limit = 200_000
    queue = opened(folder, limit)
    for number in range(100):
        queue.append([packet(b"%02d" % number + noise(10_000, number), 7)], 1)
        assert sum(path.stat().st_size for path in folder.glob("*.queue")) <= limit

    state, bodies = queue.state, [body[:2] for body in drained(queue)]

    assert bodies[-1] == b"99"
    assert 10 <= len(bodies) < 20
    assert state.dropped_points == (100 - len(bodies)) * 7
    assert state.waiting_points == len(bodies) * 7
    assert "points are not sent on" in caplog.text
    assert opened(folder, limit).state.dropped_points == state.dropped_points


def test_a_load_that_was_dropped_while_it_was_sent_moves_nothing_back(folder):
    queue = opened(folder, 50_000)
    queue.append([packet(noise(10_000, 1))], 1)
    load = queue.peek(1)
    for number in range(2, 12):
        queue.append([packet(noise(10_000, number))], 1)

    queue.done(load, 0)

    assert queue.state.waiting_points == len(drained(queue))


def test_of_a_rotten_record_the_rest_of_its_segment_is_given_up(folder):
    queue = opened(folder)
    queue.append([packet(b"a" * 50), packet(b"b" * 50), packet(b"c" * 50)], 1)
    (segment,) = folder.glob("*.queue")
    data = bytearray(segment.read_bytes())
    data[len(data) // 2] ^= 0xFF
    segment.write_bytes(data)

    assert drained(queue) == [b"a" * 50]
    assert queue.state.dropped_points == 2
    queue.append([packet(b"d")], 1)
    assert drained(queue) == [b"d"]


def test_segments_that_were_sent_are_removed(folder):
    queue = opened(folder, 400_000)
    for number in range(30):
        queue.append([packet(noise(10_000, number))], 1)
    assert len(list(folder.glob("*.queue"))) > 3

    drained(queue)

    assert len(list(folder.glob("*.queue"))) == 1
    queue.append([packet(b"next")], 1)
    assert drained(queue) == [b"next"]


def test_more_at_once_than_the_queue_may_have_is_counted_as_dropped(folder):
    queue = opened(folder, 5_000)

    queue.append([packet(noise(10_000, 1), 3)], 1)

    assert (queue.state.dropped_points, queue.peek(1)) == (3, None)


def test_a_disk_that_refuses_is_unavailable_and_nothing_of_it_is_kept(folder, monkeypatch):
    queue = opened(folder)
    queue.append([packet(b"a")], 1)

    def full(file):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("muster.store.forward.forwardqueue.os.fdatasync", full)
        with pytest.raises(Unavailable, match="No space left"):
            queue.append([packet(b"b")], 1)
    queue.append([packet(b"c")], 1)

    assert drained(queue) == [b"a", b"c"]


def test_a_disk_that_is_nearly_full_is_left_to_the_hub(folder, monkeypatch):
    queue = ForwardQueue(folder, ROOMY, reserve_bytes=1 << 62)
    queue.open()

    with pytest.raises(Unavailable, match="would be free"):
        monkeypatch.setattr(
            "muster.store.forward.forwardqueue.os.statvfs",
            lambda path: SimpleNamespace(f_blocks=100, f_frsize=4_096, f_bavail=19),
        )
        queue.append([packet(b"a")], 1)

    assert queue.peek(1) is None


def test_files_of_others_are_left_alone(folder):
    queue = opened(folder)
    queue.append([packet(b"one")], 1)
    queue.close()
    (folder / "notes.queue").write_bytes(b"?")

    assert drained(opened(folder)) == [b"one"]


def test_a_removed_queue_leaves_nothing(folder):
    queue = opened(folder)
    queue.append([packet(b"a")], 1)

    queue.remove()

    assert not folder.exists()
    assert queue.peek(1) is None
