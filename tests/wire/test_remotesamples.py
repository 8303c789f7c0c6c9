import struct
from array import array

from muster.model.metric import Block, Kind, Layout, Series, pattern_of
from muster.wire.remotesamples import samples, template_of
from muster.wire.varint import varint_at


def fields(message):
    """(number, value) of each field of a message."""
    found, at = [], 0
    while at < len(message):
        tag, at = varint_at(message, at)
        match tag & 7:
            case 0:
                value, at = varint_at(message, at)
            case 1:
                value, at = struct.unpack_from("<d", message, at)[0], at + 8
            case 2:
                size, at = varint_at(message, at)
                value, at = message[at : at + size], at + size
            case _:
                raise AssertionError(tag)
        found.append((tag >> 3, value))
    return found


def read(message):
    """{labels: [(value, ms)]} of a WriteRequest."""
    found = {}
    for number, series in fields(message):
        assert number == 1
        labels, values = [], []
        for part, inner in fields(series):
            words = dict(fields(inner))
            if part == 1:
                labels.append((words[1].decode(), words[2].decode()))
            else:
                values.append((words.get(1, 0.0), words.get(2, 0)))
        found.setdefault(tuple(labels), []).extend(values)
    return found


def block_of(columns, times, cells, present=None, strings=()):
    return Block(Layout(tuple(columns)), array("q", times), array("q", cells), present, strings)


def test_columns_become_time_series_with_sorted_labels():
    tags = (("Zone", "z"), ("host", "ä"))
    columns = [
        Series("up", tags, "value", Kind.FLOAT),
        Series("cpu-x", (), "usage.idle", Kind.INTEGER),
        Series("cpu-x", (), "text", Kind.STRING),
    ]
    half = pattern_of(0.5, Kind.FLOAT)
    block = block_of(columns, [1_000_000, 3_999_999], [half, 7, 0, half, -7, 0], strings=("x",))

    body, total = samples(template_of(block.layout), block)

    assert total == 4
    assert read(body) == {
        (("Zone", "z"), ("__name__", "up"), ("host", "ä")): [(0.5, 1), (0.5, 3)],
        (("__name__", "cpu_x_usage_idle"),): [(7.0, 1), (-7.0, 3)],
    }


def test_absent_cells_and_numbers_that_are_none_have_no_samples():
    columns = [Series("m", (), "a", Kind.FLOAT), Series("m", (), "b", Kind.BOOLEAN)]
    nan = pattern_of(float("nan"), Kind.FLOAT)
    block = block_of(columns, [10**9, 2 * 10**9], [nan, 1, 0, 1], bytes([1, 0, 0, 1]))

    body, total = samples(template_of(block.layout), block)

    assert (read(body), total) == ({(("__name__", "m_b"),): [(1.0, 2000)]}, 1)


def test_messages_behind_each_other_are_one():
    columns = [Series("m", (), "value", Kind.UNSIGNED)]
    bodies = [
        samples(template_of(block.layout), block)[0]
        for block in (block_of(columns, [10**9], [-1]), block_of(columns, [2 * 10**9], [1]))
    ]

    assert read(b"".join(bodies)) == {(("__name__", "m"),): [(float(2**64 - 1), 1000), (1.0, 2000)]}


def test_names_that_labels_may_not_have_are_mended():
    columns = [Series("1m", (("__name__", "x"), ("9-9", "y")), "value", Kind.BOOLEAN)]
    block = block_of(columns, [-(10**6)], [1])

    (labels,) = read(samples(template_of(block.layout), block)[0])

    assert labels == (("_9_9", "y"), ("__name__", "_1m"), ("tag__name__", "x"))
