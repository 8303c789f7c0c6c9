"""`muster policy`: a policy file, tried without a hub; and the one that is in force."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from muster.cli.arguments import Commands, add_command, add_group, add_json
from muster.cli.exits import Exit
from muster.cli.hub_client import hub_of
from muster.cli.output import counted, plain, print_json, print_table, say, tell

if TYPE_CHECKING:
    from muster.core.enrolment.policycases import TriedCase

_PATH = "/api/v1/policy"


def add(commands: Commands) -> None:
    group = add_group(commands, "policy", "Rules for who may join")
    show = add_command(
        group,
        "show",
        _show,
        "Print the policy that is in force",
        examples=("muster policy show", "muster policy show > policy.toml"),
    )
    add_json(show)
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
        details="Without FILE it is the policy that is in force at the hub; with one no hub is"
        "\nasked. Exit code 8 when a case ends otherwise than it expects.",
        examples=(
            "muster policy test policy.toml --cases cases.toml",
            "muster policy test --cases cases.toml    # the one in force",
        ),
    )
    test.add_argument("file", type=Path, nargs="?", help="the policy (TOML)")
    test.add_argument("--cases", type=Path, required=True, metavar="FILE", help="[[case]] (TOML)")
    add_json(test)


def _show(options: argparse.Namespace) -> int:
    found = hub_of(options).get(_PATH)
    if options.json:
        print_json(found)
        return Exit.OK
    if not found["file"]:
        say("no policy: the setting enrol.policy names no file")
        return Exit.OK
    if found["fault"]:
        say(f"the file of now cannot be read, the one before is in force: {found['fault']}")
    print("\n".join(plain(line.expandtabs()) for line in found["text"].splitlines()))
    return Exit.OK


def _check(options: argparse.Namespace) -> int:
    from muster.hub.assembly.policyfile import read_policy

    policy = read_policy(options.file)
    return tell(
        options,
        {"file": str(options.file), "rules": len(policy)},
        f"{options.file} is sound: {counted(len(policy), 'rule')}",
    )


def _test(options: argparse.Namespace) -> int:
    tried = _tried(options)
    if options.json:
        print_json(tried)
    else:
        rows = [
            (
                "ok" if case.ok else "WRONG",
                case.name,
                case.verdict,
                case.rule or "default",
                case.expect + (f" by {case.expect_rule}" if case.expect_rule else ""),
            )
            for case in tried
        ]
        print_table(("RESULT", "CASE", "VERDICT", "BY", "EXPECTED"), rows, "No cases.")
    return Exit.OK if all(case.ok for case in tried) else Exit.CHECK_FAILED


def _tried(options: argparse.Namespace) -> "list[TriedCase]":
    from muster.core.enrolment.policy import MAX_TEXT
    from muster.core.enrolment.policycases import TriedCase, parse_cases, try_cases
    from muster.hub.assembly.policyfile import read_policy, read_text

    text = read_text(options.cases, MAX_TEXT)
    cases = parse_cases(text, str(options.cases))
    if options.file:
        return try_cases(read_policy(options.file), cases)
    said = hub_of(options).post(f"{_PATH}/test", {"cases": text})
    return msgspec.convert(said, list[TriedCase])
