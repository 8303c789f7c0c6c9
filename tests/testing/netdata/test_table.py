import pytest

from muster.testing.netdata import table
from muster.testing.netdata.machine import CHARTS, make_machine

NOW = 1_800_000_000
CPU = CHARTS[0]


@pytest.fixture
def host():
    return make_machine("guid", "web", now_s=NOW).own


def ask(host, charts=(CPU,), **parameters):
    return table.query(host, charts, {key: str(value) for key, value in parameters.items()}, NOW)


def test_rows_are_newest_first_and_are_the_charts_own_values(host):
    found = ask(host, after=-3)

    assert [at for at, _ in found.rows] == [NOW, NOW - 1, NOW - 2]
    assert found.labels == CPU.dimensions
    assert found.rows[1][1] == [CPU.value(name, NOW - 1) for name in CPU.dimensions]


def test_fewer_points_are_means_of_aligned_groups(host):
    found = ask(host, after=-60, points=6, dimensions="user")

    assert found.step_s == 10
    assert all(at % 10 == 0 for at, _ in found.rows)
    seconds = [CPU.value("user", each) for each in range(NOW - 9, NOW + 1)]
    assert found.rows[0][1] == [pytest.approx(sum(seconds) / 10)]


def test_what_was_before_its_retention_is_a_gap(host):
    (_, values), *_ = reversed(ask(host, after=host.first_s - 10, before=host.first_s + 10).rows)

    assert values == [None] * len(CPU.dimensions)


def test_labels_do_not_tell_several_instances_apart(host):
    found = ask(host, host.of_context("disk.space"), after=-1, dimensions="avail|used")

    assert found.labels == ("avail", "used", "avail", "used")


def test_json_can_be_turned_and_told_in_milliseconds(host):
    found = ask(host, after=-2, dimensions="user")
    turned = table.as_json(found, frozenset({"flip", "ms"}))

    assert turned["labels"] == ["time", "user"]
    assert [row[0] for row in turned["data"]] == [(NOW - 1) * 1000, NOW * 1000]


def test_other_forms_hold_the_same_values(host):
    found = ask(host, after=-2, dimensions="user")
    rows = table.as_json(found, frozenset())["data"]

    assert table.as_wrapped(found, CPU, frozenset(), host)["result"]["data"] == rows
    assert table.as_lists(found, frozenset()) == [["time", "user"], *rows]
    assert table.as_csv(found).split("\r\n")[0] == "time,user"
    data = table.as_json2(found, host, [CPU], ["system.cpu"])["result"]["data"]
    assert [[at, value[0]] for at, value in reversed(data)] == rows


def test_a_number_that_is_none_is_refused(host):
    with pytest.raises(ValueError, match="invalid literal"):
        ask(host, after="yesterday")


def test_instances_are_folded_or_kept_apart_as_a_query_says(host):
    charts = host.of_context("disk.space")
    given = {"after": "-1", "dimensions": "avail|used"}
    found = table.query(host, charts, given, NOW)
    added = table.grouped(found, charts, given | {"aggregation": "sum"})
    apart = table.grouped(found, charts, given | {"group_by": "dimension,instance"})
    all_in_one = table.grouped(found, charts, given | {"group_by": "selected"})

    first, second = (chart.value("avail", NOW) for chart in charts)
    assert added.labels == ("avail", "used")
    assert added.rows[0][1][0] == pytest.approx(first + second)
    assert apart.labels[0] == "avail,disk_space./"
    assert apart.rows[0][1] == found.rows[0][1]
    assert all_in_one.rows[0][1] == [pytest.approx(sum(found.rows[0][1]) / 4)]
