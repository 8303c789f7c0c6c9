"""`muster policy`: a policy file is tried without a hub."""

import json

import pytest

from muster.cli import main as cli
from muster.cli.exits import Exit

POLICY = '[[rule]]\nname = "lab"\nhost = "lab-*"\naction = "approve"\n'
GOOD = '[[case]]\nname = "a lab"\nexpect = "approve"\nrule = "lab"\ngiven = { host = "lab-1" }\n'
WRONG = '[[case]]\nname = "elsewhere"\nexpect = "deny"\n'


@pytest.fixture
def run(tmp_path, capsys):
    def run(*words, policy=POLICY, cases=""):
        (tmp_path / "policy.toml").write_text(policy)
        (tmp_path / "cases.toml").write_text(cases)
        code = cli.main(
            ["policy", *(word.replace("DIR", str(tmp_path)) for word in words)],
        )
        said = capsys.readouterr()
        return code, said.out, said.err

    return run


def test_a_sound_file_is_said_to_be_so(run):
    code, _, err = run("check", "DIR/policy.toml")
    assert (code, "1 rule" in err) == (Exit.OK, True)

    code, out, _ = run("check", "DIR/policy.toml", "--json")
    assert json.loads(out)["rules"] == 1


def test_a_broken_file_is_named_with_its_rule(run):
    code, _, err = run("check", "DIR/policy.toml", policy=POLICY + "score = 999")

    assert code == Exit.USAGE
    assert "policy.toml: lab: score" in err


def test_cases_that_end_as_expected_are_ok(run):
    code, out, _ = run("test", "DIR/policy.toml", "--cases", "DIR/cases.toml", cases=GOOD)

    assert code == Exit.OK
    assert out.splitlines()[1].split() == [
        "ok", "a", "lab", "approve", "lab", "approve", "by", "lab",
    ]  # fmt: skip


def test_a_case_that_ends_otherwise_is_shown_and_told_by_the_exit_code(run):
    words = ("test", "DIR/policy.toml", "--cases", "DIR/cases.toml")
    code, out, _ = run(*words, cases=GOOD + WRONG)
    assert code == Exit.CHECK_FAILED
    assert "WRONG" in out

    code, out, _ = run(*words, "--json", cases=GOOD + WRONG)
    assert code == Exit.CHECK_FAILED
    assert [each["ok"] for each in json.loads(out)] == [True, False]


def test_the_right_verdict_by_another_rule_is_wrong(run):
    other = GOOD.replace('rule = "lab"', 'rule = "other"')
    code, *_ = run("test", "DIR/policy.toml", "--cases", "DIR/cases.toml", cases=other)

    assert code == Exit.CHECK_FAILED
