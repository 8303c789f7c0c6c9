"""Last values are those that calls give one by one."""

import pytest

from muster.influxql.execution import selection
from muster.influxql.execution.lastvalues import last_values
from muster.testing.influxasking import NOW_NS, ask
from muster.testing.influxmemory import MemorySource

NOW_S = NOW_NS // 1_000_000_000


@pytest.fixture
def source():
    memory = MemorySource()
    memory.create("d")
    lines = [
        f"m,h={host},even={host % 2} v={host}.5,w={at}i {NOW_S - 60 * at}000000000"
        for host in range(3)
        for at in range(5)
    ]
    lines += [
        f'm,h=3,even=1 w=7i,s="x",b=true {NOW_S - 9}000000000',
        f"m,h=4,even=0 v=8 {NOW_S - 86_400}000000000",
    ]
    memory.write("d", "autogen", "\n".join(lines).encode())
    return memory


def both(source, text, monkeypatch):
    """The answer, whether it was found so, and the answer of calls."""
    used = []

    def watched(*asked):
        found = last_values(*asked)
        used.append(found is not None)
        return found

    monkeypatch.setattr(selection, "last_values", watched)
    found = ask(source, text, {"db": "d", "epoch": "s"})
    monkeypatch.setattr(selection, "last_values", lambda *asked: None)
    return found, any(used), ask(source, text, {"db": "d", "epoch": "s"})


@pytest.mark.parametrize(
    "text",
    [
        "SELECT last(v) FROM m WHERE h = '1'",
        "SELECT last(v) FROM m WHERE h = '1' AND time > now() - 1h",
        "SELECT last(v) FROM m GROUP BY h",
        "SELECT last(v), last(w) FROM m GROUP BY h",
        "SELECT last(w) AS a, last(s), last(b) FROM m WHERE time > now() - 1h GROUP BY h",
        "SELECT last(s) FROM m WHERE h = '3' fill(none)",
    ],
)
def test_they_are_the_same(source, text, monkeypatch):
    found, is_used, calls = both(source, text, monkeypatch)

    assert is_used
    assert found == calls


@pytest.mark.parametrize(
    "text",
    [
        "SELECT last(v) FROM m",  # of several series the last of all
        "SELECT last(v) FROM m GROUP BY even",
        "SELECT last(v), w FROM m GROUP BY h",
        "SELECT last(v) + 1 FROM m GROUP BY h",
        "SELECT last(v), mean(v) FROM m GROUP BY h",
        "SELECT last(v), last(v) AS b FROM m GROUP BY h",
        "SELECT last(v), last(w) FROM m GROUP BY h fill(9)",
        "SELECT last(v) FROM m GROUP BY h ORDER BY time DESC",
        "SELECT last(v) FROM m GROUP BY h LIMIT 1",
        "SELECT last(v) FROM m WHERE time > now() - 1h GROUP BY time(10m), h",
        "SELECT last(v) FROM m WHERE v > 1 GROUP BY h",
        "SELECT last(v) FROM (SELECT v FROM m) GROUP BY h",
        "SELECT last(v) FROM m, n GROUP BY h",
        "SELECT last(none) FROM m GROUP BY h",
        "SELECT last(v) FROM m WHERE time > now() GROUP BY h",
        "SELECT last(v), last(none) FROM m GROUP BY h",
    ],
)
def test_what_is_not_plain_is_worked_out_by_calls(source, text, monkeypatch):
    found, is_used, calls = both(source, text, monkeypatch)

    assert not is_used
    assert found == calls
