"""Points that fulfil a condition are those that series read one by one give."""

import pytest

from muster.influxql.execution import selection
from muster.influxql.execution.filtered import filtered_stream
from muster.testing.influxasking import NOW_NS, ask
from muster.testing.influxmemory import MemorySource

NOW_S = NOW_NS // 1_000_000_000


def filled(*lines):
    source = MemorySource()
    source.create("d")
    rows = [
        f"m,h={host},even={host % 2} v={host + at % 7}.5,w={at % 5}i,on={'tf'[at % 2]} "
        f"{NOW_S - 60 * at}000000000"
        for host in range(5)
        for at in range(100)
    ]
    source.write("d", "autogen", "\n".join([*rows, *lines]).encode())
    return source


def both(source, text, monkeypatch):
    """The answer, whether all series were looked at once, and the answer without that."""
    used = []

    def watched(*asked):
        found = filtered_stream(*asked)
        used.append(found is not None)
        return found

    monkeypatch.setattr(selection, "filtered_stream", watched)
    found = ask(source, text, {"db": "d", "epoch": "s"})
    monkeypatch.setattr(selection, "filtered_stream", lambda *asked: None)
    return found, any(used), ask(source, text, {"db": "d", "epoch": "s"})


@pytest.mark.parametrize(
    "text",
    [
        "SELECT count(v) FROM m WHERE v > 3 GROUP BY h",
        "SELECT count(v), max(w) FROM m WHERE v > 3 OR w = 2",
        "SELECT sum(w) FROM m WHERE (v > 3 OR w / 2 = 1) AND time > now() - 30m GROUP BY even",
        "SELECT mean(v) FROM m WHERE v + w > 4 AND time > now() - 50m GROUP BY time(5m), h",
        "SELECT spread(v) FROM m WHERE even = '1' AND w != 3 GROUP BY h fill(0)",
        "SELECT median(w) FROM m WHERE w > 1 AND time > now() - 1h GROUP BY h, time(10m)",
    ],
)
def test_points_are_the_same(text, monkeypatch):
    found, is_used, plain = both(filled(), text, monkeypatch)

    assert is_used
    assert found == plain


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("SELECT count(v) FROM m WHERE v > 1000 GROUP BY h", ""),
        ("SELECT count(v) FROM m WHERE on = true GROUP BY h", ""),
        ("SELECT count(v) FROM m WHERE v > 3 OR h = '1' GROUP BY h", ""),
        ("SELECT count(v) FROM m WHERE v > 3 OR other > 1 GROUP BY h", ""),
        ("SELECT count(v) FROM m WHERE v > 3 GROUP BY h", f"m,h=0,even=0 v=9 {NOW_S - 1}000000000"),
        ("SELECT count(v) FROM m WHERE v > 3 GROUP BY h", f"m,h=9,even=1 v=9 {NOW_S}000000000"),
        ("SELECT count(v) FROM m WHERE v > 3 GROUP BY time(5m), even", ""),
        ("SELECT count(v) FROM m WHERE v > 3 GROUP BY h SLIMIT 1", ""),
        ("SELECT first(v), last(v) FROM m WHERE v > 3 GROUP BY h", ""),
        ("SELECT percentile(v, 50) FROM m WHERE v > 3 GROUP BY h", ""),
        ("SELECT top(v, 3) FROM m WHERE w > 3", ""),
        ("SELECT count(v) FROM m, m WHERE v > 3", ""),
    ],
)
def test_what_is_not_plain_is_read_series_by_series(text, line, monkeypatch):
    found, _, plain = both(filled(*([line] if line else [])), text, monkeypatch)

    assert found == plain
