import msgspec
import pytest

from muster.errors import Unavailable
from muster.faces.netdata.packedcache import InMemory, OnDisk, PackedCache


class Box(msgspec.Struct):
    things: list[str] = []


class Notes:
    """Records' notes in a dict, which can refuse."""

    def __init__(self):
        self.kept = {}
        self.full = False
        self.reads = 0

    def note(self, node, topic):
        self.reads += 1
        return self.kept.get((node, topic), b"")

    def keep(self, notes):
        if self.full:
            raise Unavailable("the disk is full")
        self.kept |= {(node, topic): note for node, topic, note in notes}


@pytest.fixture
def notes():
    return Notes()


def cache(back, at_hand=4):
    return PackedCache(Box, back, empty=Box, size=lambda box: len(box.things), at_hand=at_hand)


def put(cache, *nodes):
    for node in nodes:
        cache.put(node, Box([node]))


def test_what_nobody_put_is_empty():
    assert cache(InMemory()).get("a") == Box()


def test_of_many_few_are_at_hand_and_all_are_there():
    boxes = cache(InMemory())
    put(boxes, "a", "b", "c", "d")

    assert [boxes.get(node).things for node in "abcd"] == [["a"], ["b"], ["c"], ["d"]]


def test_what_holds_much_leaves_less_room_for_others_and_stays_itself(notes):
    boxes = cache(OnDisk(notes, "boxes"), at_hand=10)
    put(boxes, "a", "b")
    boxes.put("c", Box(["c"] * 50))
    boxes.settle()
    reads = notes.reads
    large = boxes.get("c")

    assert (len(large.things), notes.reads) == (50, reads)
    assert boxes.get("a").things == ["a"]


def test_a_value_that_shrinks_gives_its_room_back():
    boxes = cache(InMemory(), at_hand=10)
    boxes.put("a", Box(["a"] * 9))
    boxes.put("a", Box(["a"]))
    put(boxes, "b", "c", "d")
    boxes.forget("a")

    assert [boxes.get(node).things for node in "bcd"] == [["b"], ["c"], ["d"]]


def test_a_change_of_what_was_got_counts_once_it_is_put():
    boxes = cache(InMemory())
    put(boxes, "a")
    box = boxes.get("a")
    box.things.append("more")
    boxes.put("a", box)
    put(boxes, "b", "c", "d")

    assert boxes.get("a").things == ["a", "more"]


def test_what_was_forgotten_is_empty():
    boxes = cache(InMemory())
    put(boxes, "a", "b", "c")
    for node in "abc":
        boxes.forget(node)

    assert [boxes.get(node) for node in "abc"] == [Box()] * 3


async def test_what_was_written_is_there_for_the_next_run(notes):
    disk = OnDisk(notes, "boxes")
    boxes = cache(disk)
    put(boxes, "a", "b", "c")
    boxes.settle()
    await disk.write()
    again = cache(OnDisk(notes, "boxes"))

    assert again.get("b").things == ["b"]
    assert set(notes.kept) == {(node, "boxes") for node in "abc"}


async def test_what_waits_to_be_written_is_read_before_the_disk_is(notes):
    boxes = cache(OnDisk(notes, "boxes"))
    put(boxes, "a", "b", "c", "d")

    assert boxes.get("a").things == ["a"]
    assert notes.kept == {}


async def test_what_cannot_be_written_waits_for_the_next_time(notes):
    disk = OnDisk(notes, "boxes")
    boxes = cache(disk)
    put(boxes, "a")
    boxes.settle()
    notes.full = True
    await disk.write()
    notes.full = False
    await disk.write()
    await disk.write()

    assert len(notes.kept) == 1


async def test_what_came_while_the_disk_was_busy_is_written_next(notes):
    disk = OnDisk(notes, "boxes")
    boxes = cache(disk)
    put(boxes, "a")
    boxes.settle()
    keep = notes.keep

    def slow(written):
        notes.keep = keep
        boxes.put("a", Box(["newer"]))
        boxes.settle()
        keep(written)

    notes.keep = slow
    await disk.write()
    await disk.write()

    assert cache(OnDisk(notes, "boxes")).get("a").things == ["newer"]


async def test_a_forgotten_node_is_not_written(notes):
    disk = OnDisk(notes, "boxes")
    boxes = cache(disk)
    put(boxes, "a")
    boxes.settle()
    boxes.forget("a")
    await disk.write()

    assert notes.kept == {}


def test_a_disk_that_fails_counts_as_no_note(notes):
    def fail(node, topic):
        raise Unavailable("the disk fails")

    notes.note = fail

    assert cache(OnDisk(notes, "boxes")).get("a") == Box()


@pytest.mark.parametrize("damaged", [b"no zlib", b"x\x9cK\xcc\x03\x00\x01(\x00\xc5", b"x\x9c"])
def test_a_note_that_cannot_be_read_counts_as_none(notes, damaged):
    notes.kept["a", "boxes"] = damaged

    assert cache(OnDisk(notes, "boxes")).get("a") == Box()
