"""Figures in InfluxDB's shape."""

from muster.core.influxql.serverfigures import Figures, of_module

QUERIES = Figures("queryExecutor", {"b": 2, "a": 1})
OF_D = Figures("database", {"n": 3}, (("database", "d"),))


def test_columns_are_sorted_and_tags_are_kept():
    first, second = (each.series() for each in (QUERIES, OF_D))

    assert (first.columns, first.cells) == (("a", "b"), ([1], [2]))
    assert second.tags == (("database", "d"),)
    assert (first.times, first.rows) == (None, 1)


def test_a_module_is_chosen_by_its_name():
    assert [one.name for one in of_module([QUERIES, OF_D], "database")] == ["database"]
    assert len(of_module([QUERIES, OF_D], "")) == 2
