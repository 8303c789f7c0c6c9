"""Queries of panels, answered as columns."""

from dataclasses import replace
from datetime import timedelta

import pytest

from muster.core.dashboards import panelqueries
from muster.core.databases.databasenames import Defaults
from muster.core.nodes.readers import login_of_actor
from muster.core.querying.query import Settings
from muster.errors import Denied, InputError, LimitExceeded
from muster.influxql.syntax.parser import parse_query
from muster.model.access import Actor, Role
from muster.model.dashboard import PanelQuery
from muster.testing.dashboardhouse import DATABASE, DashboardHouse


@pytest.fixture
async def house(tmp_path):
    async with DashboardHouse(tmp_path) as house:
        await house.databases.create(house.login, DATABASE)
        now_ns = house.clock.now_ns()
        rows = [
            f'm,t={at % 2} v={at},s="x",b=true,i={at}i {now_ns - (10 - at) * 10**9 + 500_000}'
            for at in range(10)
        ]
        await house.write(DATABASE, "\n".join(rows).encode())
        yield house


def one(answer):
    (found,) = answer.answers
    assert found.error == ""
    return found


async def test_a_column_has_a_kind_a_label_and_a_value_for_each_time(house):
    answer = await house.panel(house.last(), "SELECT v, s, b, i FROM m WHERE $timeFilter LIMIT 1")
    (series,) = one(answer).series

    assert [(each.name, each.kind, each.values) for each in series.columns] == [
        ("v", "float", [0.0]),
        ("s", "string", ["x"]),
        ("b", "boolean", [True]),
        ("i", "integer", [0]),
    ]
    assert series.times == [(house.clock.now_ns() - 10 * 10**9) / 10**6 + 0.5]


async def test_whole_milliseconds_have_no_fraction(house):
    text = "SELECT count(v) FROM m WHERE $timeFilter GROUP BY time(1h) fill(none)"
    (series,) = one(await house.panel(house.last(), text)).series

    assert all(isinstance(time, int) for time in series.times)


async def test_series_have_tags_and_labels_by_the_legend(house):
    query = PanelQuery(text="SELECT last(v) FROM m GROUP BY t", legend="$m $tag_t of $x")
    asking = house.last(x=("7",))
    found = one(await house.panel_queries.answer(asking, [query])).series

    assert [each.tags for each in found] == [{"t": "0"}, {"t": "1"}]
    assert [each.columns[0].label for each in found] == ["m 0 of 7", "m 1 of 7"]


async def test_gaps_and_what_is_no_number_are_null(house):
    text = "SELECT mean(v) FROM m WHERE $timeFilter GROUP BY time(30m)"
    (series,) = one(
        await house.panel(
            house.last(),
            text,
        )
    ).series
    zero = one(await house.panel(house.last(), "SELECT v / (v - v) FROM m LIMIT 1"))

    assert series.columns[0].values[0] is None
    assert zero.series[0].columns[0].values in ([None], [0.0])


async def test_rows_without_times_are_columns_too(house):
    text = "SHOW TAG VALUES WITH KEY = t; SHOW MEASUREMENT CARDINALITY"
    values, count = one(await house.panel(house.last(), text)).series

    assert values.times is None
    assert [column.values for column in values.columns] == [["t", "t"], ["0", "1"]]
    assert (count.columns[0].kind, count.columns[0].values) == ("integer", [1])


async def test_what_is_known_of_databases_is_shown(house):
    found = one(await house.panel(house.last(), "SHOW DATABASES; SHOW RETENTION POLICIES"))

    assert found.series[0].columns[0].values == [DATABASE]
    assert found.series[1].columns[0].values == ["autogen"]


async def test_the_text_that_ran_and_its_interval_are_told_unless_they_are_secret(house):
    asking = house.last(1, 360)
    shown = one(await house.panel(asking, "SELECT mean(v) FROM m GROUP BY time($__interval)"))
    hidden = one(await house.panel(replace(asking, tells_text=False), "SELECT v FROM m"))

    assert (shown.text, shown.interval_ms) == ("SELECT mean(v) FROM m GROUP BY time(10s)", 10_000)
    assert hidden.text == ""


async def test_each_query_has_its_own_error_and_hidden_ones_no_answer(house):
    queries = [
        PanelQuery(text="SELECT FROM m"),
        PanelQuery(text="SELECT v FROM m", hide=True),
        PanelQuery(text="SELECT v FROM m", database="none"),
        PanelQuery(text="SELECT last(v) FROM m", policy="autogen"),
        PanelQuery(text="SELECT v FROM m WHERE t =~ /^$none$/ AND x = '$y'"),
    ]
    answer = await house.panel_queries.answer(house.last(y=("a", "b")), queries)
    errors = {each.query: each.error for each in answer.answers}

    assert errors[0].startswith("error parsing query: found FROM")
    assert errors[2] == "database not found: none"
    assert errors[3] == ""
    assert errors[4] == "$y has 2 values, which takes =~ /^$y$/"
    assert 1 not in errors


@pytest.mark.parametrize(
    "text",
    [
        "SELECT v INTO n FROM m",
        "EXPLAIN ANALYZE SELECT v INTO n FROM m",
        "DROP DATABASE telegraf1",
        "DELETE FROM m",
        "CREATE USER a WITH PASSWORD 'b'",
        "SHOW USERS",
        "SHOW GRANTS FOR a",
        "KILL QUERY 1",
        "SELECT v FROM m; DROP MEASUREMENT m",
    ],
)
async def test_whoever_asks_changes_nothing(house, text):
    (answer,) = (await house.panel(house.last(), text)).answers
    kept = one(await house.panel(house.last(), "SELECT count(v) FROM m"))

    assert answer.error.startswith("here only SELECT without INTO")
    assert kept.series[0].columns[0].values == [10]


async def test_another_space_has_nothing_of_this_one(house):
    stranger = Actor(name="bob", roles={"elsewhere": Role.ADMIN})
    asking = replace(house.last(), login=login_of_actor(stranger, "elsewhere"))
    (answer,) = (await house.panel(asking, "SELECT v FROM m")).answers

    assert answer.error == f"database not found: {DATABASE}"


async def test_who_may_not_read_gets_nothing(house):
    writer = Actor(name="w", roles={house.space.id: Role.EDITOR}, actions=frozenset({"data.write"}))
    asking = replace(house.last(), login=login_of_actor(writer, house.space.id))
    (answer,) = (await house.panel(asking, "SELECT v FROM m")).answers

    assert "not authorized" in answer.error


@pytest.mark.parametrize(
    ("from_ns", "to_ns", "kind"),
    [(5, 5, InputError), (-1, 5, InputError), (0, 1 << 63, InputError), (0, 10**18, LimitExceeded)],
)
async def test_a_range_is_one(house, from_ns, to_ns, kind):
    house.panel_queries._settings = Settings(max_range=timedelta(days=1))
    asking = replace(house.last(), from_ns=from_ns, to_ns=to_ns)

    with pytest.raises(kind):
        await house.panel(asking, "SELECT v FROM m")


async def test_too_many_series_are_refused(house, monkeypatch):
    monkeypatch.setattr(panelqueries, "MAX_SERIES", 1)
    (answer,) = (await house.panel(house.last(), "SELECT v FROM m GROUP BY t")).answers

    assert "has 2 series" in answer.error


async def test_a_query_without_any_database_is_of_what_agents_send(house):
    asking = replace(house.last(), defaults=Defaults())
    (answer,) = (await house.panel(asking, "SHOW MEASUREMENTS")).answers

    assert (answer.error, answer.series) == ("", [])


async def test_a_query_that_runs_is_listed_and_can_be_ended(house):
    seen = []
    real = house.panel_queries._evaluator.answer

    async def look(asked, statement, number):
        seen.extend((each.text, each.database) for each, _ in house.registry.listed(house.space.id))
        asked.running.kill()
        return await real(asked, statement, number)

    house.panel_queries._evaluator.answer = look
    (answer,) = (await house.panel(house.last(), "SELECT v FROM m")).answers

    assert seen == [("SELECT v FROM m", DATABASE)]
    assert answer.error == "query interrupted"
    assert house.registry.listed(house.space.id) == []


def test_reading_is_told_from_changing():
    panelqueries.check_reading(parse_query("SHOW TAG KEYS; EXPLAIN SELECT v FROM m"))

    with pytest.raises(Denied):
        panelqueries.check_reading(parse_query("DROP SERIES FROM m"))


@pytest.mark.parametrize("column", ["last(none)", "v - last(none)", "max(none)"])
async def test_a_field_that_no_point_has_is_a_column_of_gaps_beside_others(house, column):
    text = f"SELECT last(v), {column.replace('v -', 'last(v) -')} FROM m GROUP BY t"
    found = one(await house.panel(house.last(), text)).series

    assert [each.columns[0].values for each in found] == [[8.0], [9.0]]
    assert [each.columns[1].values for each in found] == [[None], [None]]
