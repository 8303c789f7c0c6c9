import json

import pytest

from muster.testing.grafana import (
    View,
    by_alert,
    by_back_end,
    by_browser,
    by_page,
    duration,
    frames,
    of_prometheus,
    offered,
    targets,
)


def test_a_query_is_filled_as_grafana_fills_it():
    view = View(1_000, 61_000, 10_000, {"host": ("a.lan", "b-c"), "one": ("x.y",)})
    text = "FROM m WHERE h =~ /^$host$/ AND o =~ /[[one]]/ AND $timeFilter GROUP BY ${__interval}"

    assert view.fill(text) == (
        r"FROM m WHERE h =~ /^(a\.lan|b-c)$/ AND o =~ /x\.y/"
        " AND time >= 1000ms and time <= 61000ms GROUP BY 10s"
    )
    assert View(0, 1, since="3h").fill("$timeFilter") == "time >= now() - 3h"
    assert view.fill("$unknown /^x$/ $__interval_ms $__rate_interval") == "$unknown /^x$/ 10000 40s"


@pytest.mark.parametrize(
    ("ms", "text"),
    [(500, "500ms"), (1000, "1s"), (90_000, "90s"), (60_000, "1m"), (86_400_000, "1d")],
)
def test_intervals_have_one_unit(ms, text):
    assert duration(ms) == text


def test_up_to_8_all_targets_go_at_once_with_credentials_in_a_header():
    asked = by_browser("d", ["SELECT 1", "SELECT 2"], {"Authorization": "Basic dTpw"})

    assert asked.path == "/query?db=d&epoch=ms&q=SELECT+1%3BSELECT+2"
    assert asked.headers["Authorization"] == "Basic dTpw"
    posted = by_browser("d", ["x y"], {}, post=True)
    assert (posted.path, posted.body) == ("/query?db=d&epoch=ms", "q=x%20y")


def test_a_page_that_asks_itself_has_credentials_in_the_address():
    asked = by_page("d", ["SELECT 1", "SELECT 2"], "u", "p&")

    assert asked.path == "/query?u=u&p=p%26&db=d&q=SELECT%201%3BSELECT%202&epoch=ms"
    assert asked.headers["Origin"] and "Authorization" not in asked.headers


def test_for_alerts_times_are_seconds():
    asked = by_alert("d", "SELECT 1", {"Authorization": "Basic dTpw"})
    assert asked.path == "/query?db=d&epoch=s&q=SELECT+1"
    assert asked.headers["Authorization"] == "Basic dTpw"
    posted = by_alert("d", "SELECT 1", {}, post=True)
    assert (posted.path, posted.body) == ("/query?db=d&epoch=s", "q=SELECT+1")


def test_from_9_on_a_target_goes_alone_and_the_default_policy_is_not_named():
    assert by_back_end("d", "x", {}).path == "/query?db=d&epoch=ms&q=x"
    posted = by_back_end("d", "x", {"Authorization": "Token t"}, post=True, policy="old")
    assert (posted.method, posted.path, posted.body) == (
        "POST",
        "/query?db=d&epoch=ms&rp=old",
        "q=x",
    )
    assert posted.headers["Authorization"] == "Token t"


def test_prometheus_is_asked_by_forms_or_addresses():
    posted = of_prometheus("series", {}, match=["a", "b"], custom="db=d")
    assert (posted.path, posted.body) == ("/api/v1/series?db=d", "match%5B%5D=a&match%5B%5D=b")
    assert of_prometheus("labels", {}, post=False, custom="db=d").path == "/api/v1/labels?db=d"
    assert of_prometheus("rules", {}, post=False).path == "/api/v1/rules"


def test_panels_in_shut_rows_have_targets_too():
    inner = {"targets": [{"query": "b"}]}
    board = {"panels": [{"targets": [{"query": "a"}]}, {"type": "row", "panels": [inner]}]}

    assert targets(board) == [[{"query": "a"}], [{"query": "b"}]]


def answer(**result):
    return json.dumps({"results": [result]})


def test_what_a_panel_would_show_as_an_error_is_one():
    series = [{"name": "m", "columns": ["time", "v"], "values": [[1, 2.5]]}]
    assert frames(200, answer(series=series)) == series
    with pytest.raises(AssertionError, match="200 no such"):
        frames(200, answer(error="no such"))
    with pytest.raises(AssertionError, match="401 who"):
        frames(401, json.dumps({"error": "who"}))
    with pytest.raises(AssertionError, match="not what Grafana reads"):
        frames(200, answer(series=[{"columns": ["time", "v"], "values": [["2020", 1]]}]))


def test_a_variable_offers_values_once_in_their_order():
    values = {"columns": ["key", "value"], "values": [["host", "b"], ["host", "a"], ["host", "b"]]}
    assert offered([values]) == ["b", "a"]
    assert offered([{"columns": ["name"], "values": [["m"]]}]) == ["m"]
