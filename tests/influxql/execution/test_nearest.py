"""The rows of a LIMIT are those of the whole range, and few of it are read."""

import random

import pytest

from muster.influxql.values.columns import MIN_TIME_NS
from muster.testing.influxasking import NOW_NS, ask, documents
from muster.testing.influxmemory import MemorySource

SECOND_NS = 1_000_000_000
NOW_S = NOW_NS // SECOND_NS
DAY_S = 86_400


class Watched(MemorySource):
    """Remembers what it was asked for."""

    def rows(self, place, series, fields, start_ns, end_ns):
        self.asked = [*getattr(self, "asked", []), (start_ns, end_ns)]
        return super().rows(place, series, fields, start_ns, end_ns)

    def matrices(self, place, series, fields, start_ns, end_ns):
        self.asked = [*getattr(self, "asked", []), (start_ns, end_ns)]
        return super().matrices(place, series, fields, start_ns, end_ns)


def filled(lines):
    memory = Watched()
    memory.create("d")
    memory.write("d", "autogen", "\n".join(lines).encode())
    return memory


def regular(hosts=2, step_s=60, days=2):
    return [
        f"m,h={host} v={time_s} {time_s}000000000"
        for time_s in range(NOW_S - days * DAY_S, NOW_S, step_s)
        for host in range(hosts)
    ]


def rows(source, text):
    (document,) = documents(ask(source, text, {"db": "d", "epoch": "s"})[1].decode())
    return [(s.get("tags"), s["values"]) for s in document["results"][0].get("series", [])]


def test_the_newest_rows_are_looked_for_near_the_end():
    source = filled(regular())

    (found,) = rows(source, "SELECT v FROM m ORDER BY time DESC LIMIT 3")

    newest = NOW_S - 60
    assert [row[0] for row in found[1]] == [newest, newest, newest - 60]
    assert min(start for start, _ in source.asked) == NOW_NS - 960 * SECOND_NS


def test_the_oldest_rows_are_looked_for_near_the_start():
    source = filled(regular())
    start = NOW_S - 2 * DAY_S

    found = rows(source, f"SELECT v FROM m WHERE time >= {start}s GROUP BY h LIMIT 2")

    assert [[row[0] for row in values] for _, values in found] == [[start, start + 60]] * 2
    assert max(end for _, end in source.asked) == (start + 120) * SECOND_NS


def test_a_series_that_ended_long_ago_is_found_all_the_same():
    old = NOW_S - 40 * DAY_S
    source = filled([*regular(), f"m,h=old v=1 {old}000000000"])

    found = rows(source, "SELECT v FROM m GROUP BY h ORDER BY time DESC LIMIT 1")

    assert [values[0][0] for _, values in found] == [old, NOW_S - 60, NOW_S - 60]


def test_without_a_start_the_first_shard_is_one():
    source = filled(regular(days=1))

    (found,) = rows(source, "SELECT v FROM m LIMIT 1")

    assert found[1][0][0] == NOW_S - DAY_S
    assert all(start == MIN_TIME_NS for start, _ in source.asked)


@pytest.mark.parametrize("seed", range(4))
def test_rows_are_those_that_reading_all_gives(seed):
    chance = random.Random(seed)
    lines = []
    for host in range(5):
        begin = NOW_S - chance.randrange(1, 3 * DAY_S)
        for _ in range(chance.randrange(1, 200)):
            time_s = begin + chance.randrange(DAY_S) // 300 * 300
            lines.append(f"m,h={host % 3},d={host} v={chance.randrange(9)},w=1 {time_s}000000000")
    source = filled(lines)

    for _ in range(60):
        text = f"SELECT {chance.choice(('v', '*', 'v, h', 'w'))} FROM m"
        text += chance.choice(("", f" WHERE time > {NOW_S - DAY_S}s", " WHERE v > 6"))
        text += chance.choice(("", " GROUP BY h", " GROUP BY h, d"))
        text += chance.choice((" ORDER BY time DESC", ""))
        limit, offset = chance.randrange(1, 9), chance.randrange(3)
        found = rows(source, f"{text} LIMIT {limit} OFFSET {offset}")
        wanted = [
            (tags, values[offset : offset + limit])
            for tags, values in rows(source, text)
            if values[offset : offset + limit]
        ]
        assert found == wanted, text
