"""Queries of Grafana's builder as text."""

import pytest

from muster.influxql.syntax.parser import parse_query
from muster.influxql.syntax.templates import fill_in
from muster.model.filling import Range
from muster.wire.grafanajson import Part
from muster.wire.grafanaquery import query_text

SPAN = Range(0, 3600 * 10**9, 10**10)


def part(kind, *params):
    return {"type": kind, "params": list(params)}


def built(**more):
    return {"measurement": "cpu", "select": [[part("field", "v"), part("mean")]], **more}


@pytest.mark.parametrize(
    ("target", "text"),
    [
        (built(), 'SELECT mean("v") FROM "cpu" WHERE $timeFilter'),
        (
            built(groupBy=[part("time", "$__interval"), part("tag", "host"), part("fill", "null")]),
            'SELECT mean("v") FROM "cpu" WHERE $timeFilter GROUP BY time($__interval), "host"'
            " fill(null)",
        ),
        (
            built(tags=[{"key": "host", "operator": "=~", "value": "/^$host$/"}]),
            'SELECT mean("v") FROM "cpu" WHERE ("host" =~ /^$host$/) AND $timeFilter',
        ),
        (
            built(
                tags=[
                    {"key": "host", "value": "/a/"},
                    {"key": "x", "value": "it's", "condition": "OR"},
                    {"key": "n::field", "operator": ">", "value": "5"},
                ]
            ),
            'SELECT mean("v") FROM "cpu" WHERE ("host" =~ /a/ OR "x" = \'it\\\'s\' AND'
            ' "n"::field > 5) AND $timeFilter',
        ),
        (
            {
                "measurement": "/^c/",
                "policy": "year",
                "select": [
                    [part("field", "a"), part("last"), part("math", " * 8"), part("alias", "b")],
                    [part("field", "c"), part("percentile", "95")],
                ],
                "groupBy": [part("time", "auto"), part("tag", "t::tag")],
                "orderByTime": "DESC",
                "limit": "5",
                "slimit": 6,
                "tz": "Europe/Berlin",
            },
            'SELECT last("a") * 8 AS "b", percentile("c", 95) FROM "year"./^c/ WHERE $timeFilter'
            ' GROUP BY time($__interval), "t"::tag ORDER BY time DESC LIMIT 5 SLIMIT 6'
            " tz('Europe/Berlin')",
        ),
        (
            built(select=[[part("field", "v"), part("mean"), part("difference")]]),
            'SELECT difference(mean("v")) FROM "cpu" WHERE $timeFilter',
        ),
        (built(select=[[part("field", "*")]]), 'SELECT * FROM "cpu" WHERE $timeFilter'),
        (built(rawQuery=True, query="SHOW MEASUREMENTS"), "SHOW MEASUREMENTS"),
        ({"query": "SELECT 1"}, "SELECT 1"),
    ],
)
def test_a_target_has_the_text_that_grafana_makes_of_it(target, text):
    assert query_text(Part(target)) == text
    if text != "SELECT 1":
        parse_query(fill_in(text, {"host": ["a"]}, SPAN))


@pytest.mark.parametrize("target", [{}, {"select": []}, {"expr": "up"}, {"select": "x"}])
def test_a_target_without_a_query_has_none(target):
    assert query_text(Part(target)) == ""
