"""`muster policy`: try a policy file, without a hub."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from muster.cli.arguments import Commands, add_command, add_group, add_json
from muster.cli.exits import Exit
from muster.cli.output import counted, print_json, print_table, tell

if TYPE_CHECKING:
    from muster.core.enrolment.policy import CaseFile, Decision


def add(commands: Commands) -> None:
    group = add_group(commands, "policy", "Rules for who may join")
    check = add_command(
        group,
        "check",
        _check,
        "Say whether a policy file is sound",
        examples=("muster policy check policy.toml",),
    )
    check.add_argument("file", type=Path, help="the policy (TOML)")
    add_json(check)
    test = add_command(
        group,
        "test",
        _test,
        "Try a policy file with cases and print what comes of each",
        details="Exit code 8 when a case ends otherwise than it expects.",
        examples=("muster policy test policy.toml --cases cases.toml",),
    )
    test.add_argument("file", type=Path, help="the policy (TOML)")
    test.add_argument("--cases", type=Path, required=True, metavar="FILE", help="[[case]] (TOML)")
    add_json(test)


def _check(options: argparse.Namespace) -> int:
    from muster.hub.assembly.policyfile import read_policy

    policy = read_policy(options.file)
    return tell(
        options,
        {"file": str(options.file), "rules": len(policy)},
        f"{options.file} is sound: {counted(len(policy), 'rule')}",
    )


def _test(options: argparse.Namespace) -> int:
    from muster.core.enrolment.policy import MAX_TEXT, parse_cases
    from muster.hub.assembly.policyfile import read_policy, read_text

    policy = read_policy(options.file)
    cases = parse_cases(read_text(options.cases, MAX_TEXT), str(options.cases))
    tried = [(case, policy.decide(case.given)) for case in cases]
    failed = [case for case, decision in tried if not _is_right(case, decision)]
    if options.json:
        print_json(
            [
                {
                    "name": case.name,
                    "verdict": decision.verdict,
                    "rule": decision.rule,
                    "expect": case.expect,
                    "ok": _is_right(case, decision),
                }
                for case, decision in tried
            ]
        )
    else:
        rows = [
            (
                "ok" if _is_right(case, decision) else "WRONG",
                case.name,
                decision.verdict,
                decision.rule or "default",
                case.expect + (f" by {case.rule}" if case.rule else ""),
            )
            for case, decision in tried
        ]
        print_table(("RESULT", "CASE", "VERDICT", "BY", "EXPECTED"), rows, "No cases.")
    return Exit.CHECK_FAILED if failed else Exit.OK


def _is_right(case: "CaseFile", decision: "Decision") -> bool:
    return decision.verdict is case.expect and case.rule in ("", decision.rule)
