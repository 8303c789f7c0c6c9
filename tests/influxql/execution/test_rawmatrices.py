"""Rows out of matrices are those that series read one by one give."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from muster.influxql.execution import nearest
from muster.influxql.execution.rawmatrices import _order, raw_stream
from muster.testing.influxasking import NOW_NS, ask
from muster.testing.influxmemory import MemorySource

NOW_S = NOW_NS // 1_000_000_000
STEP_S = 60


def filled(hosts, points, lines=()):
    source = MemorySource()
    source.create("d")
    rows = [
        f"m,h={host},even={host % 2} v={host * 100 + at}.5,w={at}i {NOW_S - STEP_S * at}000000000"
        for host in range(hosts)
        for at in range(points)
    ]
    source.write("d", "autogen", "\n".join([*rows, *lines]).encode())
    return source


class Refusing(MemorySource):
    """Knows no matrices."""

    def matrices(self, *asked):
        return None


def both(source, text, monkeypatch):
    """The answer, how often matrices gave it, and the answer without them."""
    used = []

    def watched(*asked):
        found = raw_stream(*asked)
        used.append(found is not None)
        return found

    monkeypatch.setattr(nearest, "raw_stream", watched)
    found = ask(source, text, {"db": "d", "epoch": "s"})
    monkeypatch.setattr(nearest, "raw_stream", lambda *asked: None)
    return found, any(used), ask(source, text, {"db": "d", "epoch": "s"})


@pytest.mark.parametrize("hosts", [1, 2, 3, 7])
@pytest.mark.parametrize(
    "text",
    [
        "SELECT v FROM m",
        "SELECT v, w FROM m ORDER BY time DESC",
        "SELECT w, v + 1 FROM m GROUP BY h",
        "SELECT v FROM m GROUP BY h ORDER BY time DESC",
        "SELECT v FROM m ORDER BY time DESC LIMIT 5",
        "SELECT v FROM m WHERE time > now() - 3h LIMIT 4 OFFSET 3",
        "SELECT v FROM m GROUP BY h ORDER BY time DESC LIMIT 2",
        "SELECT v FROM m WHERE time > now() - 10m",
    ],
)
def test_rows_are_the_same(hosts, text, monkeypatch):
    found, is_used, plain = both(filled(hosts, 200), text, monkeypatch)

    assert is_used
    assert found == plain


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("SELECT v FROM m GROUP BY even", ""),  # two groups of several series
        ("SELECT v, h FROM m", ""),
        ("SELECT v FROM m WHERE v > 3", ""),
        ("SELECT v FROM m", f"m,h=0,even=0 v=1 {NOW_S - 1}000000000"),
        ("SELECT v, w FROM m", f"m,h=9,even=1 v=1 {NOW_S}000000000"),
        ("SELECT s FROM m", f's,h=9 s="x" {NOW_S}000000000'),
        ("SELECT v FROM m LIMIT 2 SLIMIT 1", ""),
        ("SELECT v FROM m, m", ""),
        ("SELECT v FROM m LIMIT 3000", ""),
    ],
)
def test_what_is_not_plain_is_read_series_by_series(text, line, monkeypatch):
    found, _, plain = both(filled(3, 50, [line] if line else []), text, monkeypatch)

    assert found == plain


def test_series_of_several_shard_groups_are_merged_group_by_group(monkeypatch):
    days = [f"m,h={h} v={d} {NOW_S - d * 86_400}000000000" for h in range(3) for d in range(20)]
    source = filled(0, 0, days)

    for order in ("ASC", "DESC"):
        found, is_used, plain = both(source, f"SELECT v FROM m ORDER BY time {order}", monkeypatch)
        assert not is_used
        assert found == plain


@given(st.integers(2, 9), st.integers(1, 9), st.data())
def test_an_order_has_each_row_once_by_time(streams, rows, data):
    most = data.draw(st.integers(0, streams * rows))
    order = _order(streams, rows, most).tolist()
    times = [row % rows for row in order]

    assert len(order) == len(set(order)) == (most or streams * rows)
    assert times == sorted(times)
