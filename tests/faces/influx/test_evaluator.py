"""The seam to evaluation, where there is none."""

from muster.core.influxql.databasestatements import Asked
from muster.faces.influx.evaluator import NoEvaluator
from muster.influxql.syntax.parser import parse_query


async def test_without_evaluation_a_statement_is_told_that_it_is_not_answered(server):
    (statement,) = parse_query("SELECT v FROM m")
    asked = Asked(server.influx_logins.login_of_nobody(""))
    result = await NoEvaluator().answer(asked, statement, 2)

    assert (result.statement_id, result.series) == (2, ())
    assert "does not answer" in result.error


async def test_without_evaluation_nothing_is_answered_at_once(server):
    assert NoEvaluator().at_once(None, None, 0) is None
