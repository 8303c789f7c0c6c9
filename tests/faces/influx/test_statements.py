"""Statements of one request, one after the other."""

from muster.core.databasestatements import Asked
from muster.faces.influx.evaluator import NoEvaluator
from muster.faces.influx.statements import NOT_EXECUTED, Statements
from muster.influxql.parser import parse_query


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


async def test_what_failed_is_not_warned_of(server):
    (result,) = await run(server, "SELECT v INTO w FROM m", is_get=True)

    assert result.error
    assert result.messages == ()
