"""When an answer is the recorded one."""

import json

import pytest

from muster.testing.conformance.comparing import (
    difference,
    difference_of_answer,
    difference_of_results,
    matches_pattern,
)
from muster.testing.conformance.serving import Answer


def results(*each):
    return {"results": [{"statement_id": at, **one} for at, one in enumerate(each)]}


def table(columns, *values, **more):
    return {"series": [{**more, "columns": columns, "values": [list(row) for row in values]}]}


@pytest.mark.parametrize(
    ("found", "wanted", "query", "alike"),
    [
        (1.0 + 1e-14, 1.0, "", True),
        (1.001, 1.0, "", False),
        (1.0005, 1.0, "SELECT holt_winters(mean(v), 1, 0) FROM m", True),
        ("1", 1, "", False),
    ],
)
def test_numbers_may_be_a_little_apart(found, wanted, query, alike):
    found, wanted = (results(table(["v"], [value])) for value in (found, wanted))

    assert (difference_of_results(found, wanted, query) == "") is alike


def test_numbers_of_shards_are_of_no_interest():
    columns = ["id", "database", "shard_group"]
    found, wanted = (results(table(columns, [number, "d", number])) for number in (7, 9))

    assert difference_of_results(found, wanted, "SHOW SHARDS") == ""
    assert difference_of_results(found, wanted, "SELECT * FROM m")


def test_errors_of_shards_are_alike_whatever_their_number():
    found, wanted = (results({"error": f"shard {number}: no"}) for number in (7, 123))

    assert difference_of_results(found, wanted) == ""
    assert difference_of_results(found, results({"error": "shard 7: yes"}))


def test_series_of_integral_come_in_any_order():
    found, wanted = (
        {"results": [{"series": [{"tags": {"t": name}} for name in names]}]}
        for names in ("ab", "ba")
    )

    assert difference_of_results(found, wanted, "SELECT integral(v) FROM m GROUP BY t") == ""
    assert difference_of_results(found, wanted, "SELECT sum(v) FROM m GROUP BY t")


NOT = {"error": "not executed"}


@pytest.mark.parametrize(
    ("found", "alike"),
    [
        (results({}, {"error": "database not found: x"}, NOT, NOT), True),
        (results({}, NOT, NOT), True),
        (results({}, {}, NOT), False),
        (results({"error": "no"}, NOT, NOT), False),
    ],
)
def test_what_failed_may_be_told_in_full(found, alike):
    assert (difference_of_results([found], [results({}, NOT, NOT)]) == "") is alike


def test_of_headers_those_count_that_say_something():
    body = json.dumps(results({})).encode()
    headers = {"content-type": "application/json; charset=utf-8", "x-influxdb-version": "1.8"}
    wanted = {
        "status": 200,
        "json": results({}),
        "headers": {"content-type": "application/json", "x-influxdb-version": "1.6", "date": "x"},
    }

    assert difference_of_answer(Answer(200, headers, body), wanted) == ""
    assert "x-influxdb-version" in difference_of_answer(
        Answer(200, {"content-type": "application/json"}, body), wanted
    )
    assert "content-type" in difference_of_answer(
        Answer(200, {**headers, "content-type": "text/csv"}, body), wanted
    )


def test_a_body_that_is_no_json_is_compared_as_it_is():
    wanted = {"status": 404, "text": "404 page not found\n", "headers": {}}

    assert difference_of_answer(Answer(404, {}, b"404 page not found\n"), wanted) == ""
    assert difference_of_answer(Answer(404, {}, b"gone\n"), wanted)


def test_a_pattern_of_upstream_is_searched_for():
    assert matches_pattern(results({}), r'\{"results":\[\{"statement_id":\d+\}\]\}')
    assert not matches_pattern(results({}), "nothing of the kind")
    assert not matches_pattern(results({}), "(")


def test_a_long_difference_is_cut():
    lines = difference(list(range(200)), []).splitlines()

    assert len(lines) == 61
    assert lines[-1].endswith("more lines")
