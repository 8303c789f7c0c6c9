import pytest

from muster.influxql.syntax import statements
from muster.influxql.syntax.ast import Statement
from muster.influxql.syntax.parser import LANGUAGE, parse_statement
from muster.influxql.syntax.statements import Privilege


def test_privileges_have_the_numbers_that_grants_keep():
    assert [int(privilege) for privilege in Privilege] == [0, 1, 2, 3]


@pytest.mark.parametrize(
    "text", ["CREATE USER u WITH PASSWORD 'secret'", "SET PASSWORD FOR u = 'secret'"]
)
def test_a_password_is_kept_but_never_shown(text):
    statement = parse_statement(text)

    assert statement.password == "secret"
    assert "secret" not in repr(statement)
    assert "u" in repr(statement)


def test_statements_are_values():
    one, other = (parse_statement("SHOW SERIES FROM a LIMIT 1") for _ in range(2))

    assert one == other
    assert hash(one) == hash(other)


def test_every_kind_of_statement_is_read_by_some_words():
    def words(rules):
        for token, rule in rules.items():
            yield token.value
            if isinstance(rule, dict):
                yield from words(rule)

    kinds = {
        name.removesuffix("Statement")
        for name, kind in vars(statements).items()
        if isinstance(kind, type) and issubclass(kind, Statement) and kind is not Statement
    }

    assert len(kinds) >= 40
    assert {"SELECT", "EXPLAIN", "KILL", "CARDINALITY"} <= set(words(LANGUAGE))
