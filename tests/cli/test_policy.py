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


def test_the_one_in_force_is_shown_and_what_is_wrong_with_the_newer_file(hub):
    found = {"file": "/etc/p.toml", "text": POLICY + "\t# \x1b[2J", "rules": 1, "fault": "line 9"}
    hub.answers["GET /api/v1/policy"] = found
    code, out, err = hub.run("policy", "show")

    assert (code, out) == (Exit.OK, POLICY + "        # ?[2J\n")
    assert "line 9" in err
    assert hub.json("policy", "show") == found
    hub.answers["GET /api/v1/policy"] = {"file": "", "text": "", "rules": 0, "fault": ""}
    assert hub.run("policy", "show")[1:] == (
        "", "no policy: the setting enrol.policy names no file\n"
    )  # fmt: skip


def test_without_a_file_the_hub_tries_the_one_in_force(hub, tmp_path):
    (tmp_path / "cases.toml").write_text(GOOD)
    tried = {
        "name": "a lab", "verdict": "ask", "rule": "", "reason": "no rule of the policy fits",
        "expect": "approve", "expect_rule": "lab", "ok": False,
    }  # fmt: skip
    hub.answers["POST /api/v1/policy/test"] = [tried]
    code, out, _ = hub.run("policy", "test", "--cases", str(tmp_path / "cases.toml"))

    assert code == Exit.CHECK_FAILED
    assert out.splitlines()[1].split()[:5] == ["WRONG", "a", "lab", "ask", "default"]
    assert hub.asked[-1] == ("POST", "/api/v1/policy/test", {"cases": GOOD})
    code, out, _ = hub.run("policy", "test", "--cases", str(tmp_path / "cases.toml"), "--json")
    assert (code, json.loads(out)) == (Exit.CHECK_FAILED, [tried])
