import pytest

from muster.influxql.errors import InfluxqlError
from muster.influxql.syntax.ast import SelectStatement, VarRef
from muster.influxql.syntax.parser import parse_expression, parse_query, parse_statement
from muster.influxql.syntax.statements import (
    ExplainStatement,
    KillQueryStatement,
    ShowDatabasesStatement,
    ShowUsersStatement,
)


def test_a_text_holds_statements_with_semicolons_between_them():
    assert parse_query(" ;SHOW DATABASES;; SHOW USERS; -- end") == [
        ShowDatabasesStatement(),
        ShowUsersStatement(),
    ]
    assert parse_query("") == []


def test_one_wrong_statement_makes_the_whole_text_wrong():
    with pytest.raises(InfluxqlError, match="found EOF, expected FROM at line 1, char 26"):
        parse_query("SHOW DATABASES; SELECT v")


def test_statements_need_their_semicolon():
    with pytest.raises(InfluxqlError, match="found LIMIT, expected ; at line 1, char 26"):
        parse_query("SELECT v FROM m SLIMIT 1 LIMIT 2")


def test_the_place_of_an_error_counts_lines():
    with pytest.raises(InfluxqlError, match="found X, expected FROM at line 2, char 3"):
        parse_query("SELECT v\n  X")


def test_only_the_first_statement_is_looked_at_where_one_is_asked_for():
    assert parse_statement("SHOW USERS bogus") == ShowUsersStatement()
    assert parse_expression("a bogus") == VarRef("a")


def test_queries_can_be_explained_and_ended():
    explained = parse_statement("EXPLAIN ANALYZE SELECT v FROM m")

    assert isinstance(explained, ExplainStatement)
    assert isinstance(explained.statement, SelectStatement)
    assert parse_statement("KILL QUERY 7 ON h") == KillQueryStatement(query_id=7, host="h")
    with pytest.raises(InfluxqlError, match="found SHOW, expected SELECT at line 1, char 9"):
        parse_statement("EXPLAIN SHOW USERS")
