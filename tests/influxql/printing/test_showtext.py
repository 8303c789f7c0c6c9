import pytest

from muster.influxql.printing.printer import format
from muster.influxql.syntax.parser import parse_statement


@pytest.mark.parametrize(
    "text",
    [
        'SHOW RETENTION POLICIES ON "a b"',
        "SHOW SERIES ON d FROM a, /b/ WHERE h = 'x' ORDER BY time DESC LIMIT 1 OFFSET 2",
        "SHOW FIELD KEYS FROM m LIMIT 1",
        'SHOW MEASUREMENTS ON "a b"."c d" WITH MEASUREMENT = m',
        "SHOW MEASUREMENTS ON *.* WITH MEASUREMENT =~ /a\\/b/ WHERE h = 'x'",
        "SHOW TAG KEYS FROM m WITH KEY IN (a, \"b c\") WHERE h = 'x' LIMIT 1 SLIMIT 2 SOFFSET 3",
        "SHOW TAG VALUES ON d WITH KEY !~ /a/",
        'SHOW TAG VALUES WITH KEY != "a b" LIMIT 3',
        "SHOW TAG VALUES EXACT CARDINALITY FROM m WITH KEY = k WHERE h = 'x' GROUP BY h LIMIT 1",
        "SHOW SERIES EXACT CARDINALITY ON d GROUP BY * OFFSET 1",
        "SHOW MEASUREMENT CARDINALITY",
        "SHOW TAG KEY EXACT CARDINALITY FROM m",
        "SHOW FIELD KEY CARDINALITY ON d",
    ],
)
def test_the_normal_form_is_read_as_itself(text):
    assert format(parse_statement(text)) == text
