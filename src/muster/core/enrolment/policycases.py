"""Cases to try a policy with, before it counts: what must come of each, and what comes.

Pure. `muster policy test`, the page of Approvals and the HTTP interface take the same two files.

Source: docs/guide/approvals.md
"""

import msgspec

from muster.core.enrolment.policy import MAX_RULES, Case, Policy, Verdict, read_toml
from muster.errors import SettingsError

MAX_CASES = MAX_RULES


class ExpectedCase(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """[[case]] of a file: a Case and what must come of it."""

    name: str
    expect: Verdict
    given: Case = Case()
    rule: str = ""  # by which rule; empty: whichever


class TriedCase(msgspec.Struct, frozen=True, kw_only=True):
    """What came of a case; `rule` is empty where the policy's default decided."""

    name: str
    verdict: Verdict
    rule: str
    reason: str
    expect: Verdict
    expect_rule: str
    ok: bool


class _File(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    case: tuple[ExpectedCase, ...] = ()


def parse_cases(text: str, source: str = "cases") -> tuple[ExpectedCase, ...]:
    """Read a file of cases. Errors: SettingsError."""
    cases = read_toml(text, source, _File).case
    if len(cases) > MAX_CASES:
        raise SettingsError(f"up to {MAX_CASES} cases, not {len(cases)}", source)
    return cases


def try_cases(policy: Policy, cases: tuple[ExpectedCase, ...]) -> list[TriedCase]:
    """What the policy says of each, beside what it should."""
    return [_try(policy, case) for case in cases]


def _try(policy: Policy, case: ExpectedCase) -> TriedCase:
    said = policy.decide(case.given)
    return TriedCase(
        name=case.name,
        verdict=said.verdict,
        rule=said.rule,
        reason=said.reason,
        expect=case.expect,
        expect_rule=case.rule,
        ok=said.verdict is case.expect and case.rule in ("", said.rule),
    )
