from muster.influxql.syntax.tokens import CONDITION_OPERATORS, KEYWORDS, PRECEDENCE, Token


def test_keywords_are_found_in_lower_case_and_shown_in_upper():
    assert KEYWORDS["select"] is Token.SELECT
    assert Token.SELECT.value == "SELECT"


def test_what_only_looks_like_a_keyword_is_a_name():
    for name in ("time", "fill", "tz", "null", "none", "previous", "linear", "now", "not"):
        assert name not in KEYWORDS


def test_signs_and_kinds_of_literals_are_no_keywords():
    assert not {"ident", "eof", "=", "duration_val", "ws"} & set(KEYWORDS)


def test_multiplication_binds_more_than_addition_more_than_comparison_more_than_and():
    ranks = [PRECEDENCE[op] for op in (Token.MUL, Token.ADD, Token.EQ, Token.AND, Token.OR)]

    assert ranks == [5, 4, 3, 2, 1]


def test_conditions_are_made_by_comparisons_and_their_joints():
    assert Token.EQREGEX in CONDITION_OPERATORS
    assert Token.OR in CONDITION_OPERATORS
    assert Token.BITWISE_XOR not in CONDITION_OPERATORS
