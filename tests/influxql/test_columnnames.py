"""Names of columns."""

import pytest

from muster.influxql.columnnames import column_fields, column_names
from muster.influxql.parser import parse_statement


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

    assert column_names(column_fields(found, into=False)) == names


def test_what_is_written_has_no_extra_columns():
    found = parse_statement("SELECT top(v, host, 2) FROM m").fields

    assert column_names(column_fields(found, into=True)) == ["top"]
