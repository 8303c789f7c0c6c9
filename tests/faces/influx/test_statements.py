"""Statements of one request, one after the other."""

import pytest

from muster.core.databases.databasenames import Defaults
from muster.core.influxql.databasestatements import Asked
from muster.faces.influx.evaluator import NoEvaluator
from muster.faces.influx.statements import NOT_EXECUTED, Statements
from muster.influxql.answers.results import StatementResult
from muster.influxql.syntax.parser import parse_query


async def run(server, text, *, is_get=False):
    statements = Statements(
        known=server.statements, evaluator=NoEvaluator(), takes_changes_by_get=True
    )
    asked = Asked(server.influx_logins.login_of_nobody(""))
    return await statements.run(asked, parse_query(text), is_get=is_get)


async def test_each_is_numbered_and_runs_until_one_fails(server):
    results = await run(server, "CREATE DATABASE d; SELECT v FROM m; SHOW DATABASES")

    assert [each.statement_id for each in results] == [0, 1, 2]
    assert [bool(each.error) for each in results] == [False, True, True]
    assert results[2].error == NOT_EXECUTED


async def test_only_what_influxdb_warns_of_is_warned_of(server):
    results = await run(server, "CREATE DATABASE d; SHOW DATABASES; DROP DATABASE d", is_get=True)

    assert [bool(each.messages) for each in results] == [True, False, True]
    assert "'DROP DATABASE d'" in results[2].messages[0].text


async def test_what_was_killed_runs_no_further(server):
    statements = Statements(
        known=server.statements, evaluator=NoEvaluator(), takes_changes_by_get=True
    )
    login = server.influx_logins.login_of_nobody("")
    with server.registry.running(login.space, str, "") as running:
        running.kill()
        asked = Asked(login, running=running)
        results = await statements.run(
            asked, parse_query("CREATE DATABASE d; DROP DATABASE d"), is_get=False
        )

    assert [each.error for each in results] == ["query interrupted", NOT_EXECUTED]
    assert server.databases.find(login.space, "d") is None


async def test_a_warning_names_everything_in_full(server):
    class Answers:
        async def answer(self, asked, statement, number):
            return StatementResult(number)

    await run(server, "CREATE DATABASE g")
    statements = Statements(known=server.statements, evaluator=Answers(), takes_changes_by_get=True)
    asked = Asked(server.influx_logins.login_of_nobody(""), Defaults("g"))
    (result,) = await statements.run(asked, parse_query("SELECT v INTO w FROM m"), is_get=True)

    assert "'SELECT v INTO g.autogen.w FROM g.autogen.m'" in result.messages[0].text


async def test_a_continuous_query_is_warned_of_in_full(server):
    text = "CREATE CONTINUOUS QUERY q ON g BEGIN SELECT mean(v) INTO w FROM m GROUP BY time(1h) END"
    _, result = await run(server, f"CREATE DATABASE g; {text}", is_get=True)

    assert "INTO g.autogen.w FROM g.autogen.m GROUP BY" in result.messages[0].text


async def test_what_failed_is_not_warned_of(server):
    (result,) = await run(server, "SELECT v INTO w FROM m", is_get=True)

    assert result.error
    assert result.messages == ()


@pytest.mark.parametrize("text", ["DELETE FROM m", "DROP MEASUREMENT m", "DROP SERIES FROM m"])
async def test_where_a_get_may_change_nothing_it_may_not_delete(server, text):
    statements = Statements(
        known=server.statements, evaluator=NoEvaluator(), takes_changes_by_get=False
    )
    asked = Asked(server.influx_logins.login_of_nobody(""))
    (result,) = await statements.run(asked, parse_query(text), is_get=True)

    assert "please use a POST request" in result.error


class Quick(NoEvaluator):
    def __init__(self):
        self.left = [StatementResult(0), StatementResult(1, error="no"), StatementResult(2)]

    def at_once(self, asked, statement, number):
        return self.left.pop(0) if self.left else None


@pytest.mark.parametrize(
    ("text", "errors"),
    [
        ("SELECT v FROM m; SELECT v FROM m; SELECT v FROM m", ["", "no", NOT_EXECUTED]),
        ("SELECT v FROM m; SHOW DATABASES", None),
        ("SELECT v INTO n FROM m", None),
        ("DELETE FROM m", None),
    ],
)
async def test_at_once_are_only_statements_about_points_that_change_nothing(server, text, errors):
    statements = Statements(known=server.statements, evaluator=Quick(), takes_changes_by_get=True)
    asked = Asked(server.influx_logins.login_of_nobody(""))
    found = statements.at_once(asked, parse_query(text))

    assert errors == (None if found is None else [each.error for each in found])


async def test_one_that_has_to_wait_makes_all_wait(server):
    quick = Quick()
    quick.left = quick.left[:1]
    statements = Statements(known=server.statements, evaluator=quick, takes_changes_by_get=True)
    asked = Asked(server.influx_logins.login_of_nobody(""))

    assert statements.at_once(asked, parse_query("SELECT v FROM m; SELECT w FROM m")) is None
