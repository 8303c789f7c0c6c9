"""Cases to try a policy with: what is expected beside what comes."""

import pytest

from muster.core.enrolment.policy import Case, Verdict, parse_policy
from muster.core.enrolment.policycases import MAX_CASES, TriedCase, parse_cases, try_cases
from muster.errors import SettingsError
from muster.model.approval import Kind

POLICY = '[[rule]]\nname = "lab"\nhost = "lab-*"\naction = "approve"\nreason = "ours"\n'


def case(expect, rule="", host="lab-1"):
    lines = f'[[case]]\nname = "x"\nexpect = "{expect}"\nrule = "{rule}"\n'
    return lines + f'given = {{ host = "{host}" }}\n'


def tried(*cases):
    return try_cases(parse_policy(POLICY), parse_cases("".join(cases)))


def test_cases_are_read_with_what_they_expect():
    (found,) = parse_cases(
        '[[case]]\nname = "lab"\nexpect = "approve"\nrule = "r"\n'
        'given = { host = "lab-1", kind = "reimage", score = 3 }'
    )

    assert (found.name, found.expect, found.rule) == ("lab", Verdict.APPROVE, "r")
    assert found.given == Case(host="lab-1", kind=Kind.REIMAGE, score=3)
    with pytest.raises(SettingsError, match=r"cases\.toml"):
        parse_cases('[[case]]\nname = "x"', "cases.toml")


def test_what_came_stands_beside_what_was_expected():
    assert tried(case("approve", rule="lab")) == [
        TriedCase(
            name="x",
            verdict=Verdict.APPROVE,
            rule="lab",
            reason="ours",
            expect=Verdict.APPROVE,
            expect_rule="lab",
            ok=True,
        )
    ]


def test_another_verdict_or_the_right_one_by_another_rule_is_wrong():
    found = tried(case("approve"), case("deny"), case("approve", rule="other"))
    assert [each.ok for each in found] == [True, False, False]

    (elsewhere,) = tried(case("ask", host="web-1"))
    assert (elsewhere.ok, elsewhere.rule) == (True, "")


def test_more_cases_than_are_tried_at_once_are_refused():
    assert len(parse_cases(case("ask") * MAX_CASES)) == MAX_CASES

    with pytest.raises(SettingsError, match="up to"):
        parse_cases(case("ask") * (MAX_CASES + 1))
