"""The policy file: read again when it changes; of a broken one the policy of before holds."""

import logging
import os

import pytest

from muster.core.enrolment.evidence import EvidenceSettings
from muster.core.enrolment.policy import Case, Verdict
from muster.errors import SettingsError
from muster.hub.assembly.policyfile import PolicyFile, read_evidences, read_text

APPROVE, DENY = ('[[rule]]\naction = "approve"\n', '[[rule]]\naction = "deny"\n')


def write(file, text, time_s):
    file.write_text(text)
    os.utime(file, (time_s, time_s))


def verdict(policy):
    return policy().decide(Case()).verdict


def test_without_a_file_there_is_no_policy():
    policy = PolicyFile(None)
    policy.load()

    assert policy() is None


def test_a_changed_file_is_read_again(tmp_path):
    file = tmp_path / "policy.toml"
    write(file, APPROVE, 1)
    policy = PolicyFile(file)
    policy.load()
    first = verdict(policy)
    write(file, DENY, 2)

    assert (first, verdict(policy)) == (Verdict.APPROVE, Verdict.DENY)


@pytest.mark.parametrize("text", ["[[rule", '[[rule]]\naction = "perhaps"', b"\xff", None])
def test_of_a_broken_file_the_policy_of_before_holds_and_it_is_told_once(tmp_path, caplog, text):
    file = tmp_path / "policy.toml"
    write(file, APPROVE, 1)
    policy = PolicyFile(file)
    policy.load()
    match text:
        case None:
            file.unlink()
        case bytes():
            file.write_bytes(text)
        case _:
            write(file, text, 2)
    with caplog.at_level(logging.WARNING):
        found = {verdict(policy) for _ in range(3)}

    assert found == {Verdict.APPROVE}
    assert policy.in_force().text == APPROVE
    assert str(file) in policy.in_force().fault
    assert len([each for each in caplog.records if "policy cannot be read" in each.message]) == 1
    write(file, DENY, 3)
    assert verdict(policy) is Verdict.DENY
    assert (policy.in_force().text, policy.in_force().fault) == (DENY, "")


@pytest.mark.parametrize("text", ["[[rule", None])
def test_a_broken_file_ends_a_start(tmp_path, text):
    file = tmp_path / "policy.toml"
    if text:
        file.write_text(text)

    with pytest.raises(SettingsError, match="policy"):
        PolicyFile(file).load()


def test_a_text_that_is_too_long_is_not_read(tmp_path):
    (tmp_path / "long").write_text("x" * 11)

    with pytest.raises(SettingsError, match="longer than 10"):
        read_text(tmp_path / "long", 10)


def test_keys_for_evidence_are_read_and_a_wrong_file_is_named(tmp_path):
    file = tmp_path / "keys"
    file.write_text("web ssh-ed25519 AAAA")
    assert read_evidences(EvidenceSettings())
    assert read_evidences(EvidenceSettings(known_hosts=file))

    for settings in (EvidenceSettings(gcp_keys=file), EvidenceSettings(known_hosts=tmp_path / "x")):
        with pytest.raises(SettingsError):
            read_evidences(settings)
