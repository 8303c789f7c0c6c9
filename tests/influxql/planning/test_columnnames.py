"""Names of columns."""

import pytest

from muster.influxql.planning.columnnames import column_fields, column_names, extra_columns
from muster.influxql.syntax.ast import VarRef
from muster.influxql.syntax.parser import parse_statement


@pytest.mark.parametrize(
    ("fields", "names"),
    [
        ("v, v, v", ["v", "v_1", "v_2"]),
        ("v, i AS v", ["v_1", "v"]),
        ("mean(v) AS m, mean(v)", ["m", "mean"]),
        ("v, v_1, v", ["v", "v_1", "v_2"]),
        ("top(v, host, 2), w", ["top", "host", "w"]),
    ],
)
def test_columns_are_told_apart_and_aliases_stay(fields, names):
    found = parse_statement(f"SELECT {fields} FROM m").fields

    assert column_names(column_fields(found)) == names


def test_columns_that_functions_add_are_known_by_their_place():
    found = parse_statement("SELECT a, top(v, host, dc, 2), b FROM m").fields

    assert extra_columns(found) == {2: VarRef("host"), 3: VarRef("dc")}
