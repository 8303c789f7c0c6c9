"""`muster doctor`: what it prints and how it exits; the walk itself is tested where it lives."""

import json

from muster.agent.needs import Lack
from muster.cli import main as cli
from muster.cli.exits import Exit
from muster.model.finding import Finding


def run(tmp_path, capsys, *words):
    code = cli.main(["doctor", "--data", str(tmp_path), *words])
    return code, capsys.readouterr().out


def test_a_fault_is_named_with_its_remedy_and_fails_the_check(tmp_path, capsys):
    code, out = run(tmp_path, capsys)
    first, second = out.splitlines()

    assert code == Exit.CHECK_FAILED
    assert first.split()[:3] == ["FAIL", "agent", "identity"]
    assert second.strip().startswith("-> ")
    assert "muster agent claim" in second


def test_scripts_get_every_finding(tmp_path, capsys):
    code, out = run(tmp_path, capsys, "--json")
    (finding,) = json.loads(out)

    assert code == Exit.CHECK_FAILED
    assert finding.keys() == set(Finding.__struct_fields__)
    assert (finding["step"], finding["ok"]) == ("identity", False)


def test_a_folder_with_an_authority_is_looked_at_as_a_hub(tmp_path, capsys):
    (tmp_path / "ca").mkdir()
    _, out = run(tmp_path, capsys)

    assert {line.split()[1] for line in out.splitlines() if line[:1] != " "} == {"hub"}


def test_a_machine_is_looked_at_before_anything_is_claimed(tmp_path, capsys, monkeypatch):
    code, out = run(tmp_path, capsys, "--machine")
    assert code == Exit.OK, out
    assert {line.split()[1] for line in out.splitlines() if line[:1] != " "} == {"host"}
    assert "CONFIG_SECCOMP" in out
    gone = [Lack("cryptography", "it is gone", "apt install python3-cryptography", True)]
    monkeypatch.setattr("muster.agent.needs.lacking", lambda family: gone)
    code, out = run(tmp_path, capsys, "--machine", "--json")

    assert code == Exit.CHECK_FAILED
    (fault,) = [each for each in json.loads(out) if each["ok"] is False]
    assert (fault["step"], fault["remedy"]) == ("cryptography", "apt install python3-cryptography")


def test_settings_of_the_hub_that_would_not_do_are_a_finding(tmp_path, capsys):
    (tmp_path / "ca").mkdir()
    (tmp_path / "hub.toml").write_text('[proxy]\nprefix = "muster"\n')
    code, out = run(tmp_path, capsys)

    assert code == Exit.CHECK_FAILED
    assert "settings" in out and "proxy.prefix" in out


def test_a_web_certificate_that_does_not_serve_is_a_finding(tmp_path, capsys):
    (tmp_path / "ca").mkdir()
    (tmp_path / "hub.toml").write_text('[web]\ncertificate = "/no/c.pem"\nkey = "/no/k.pem"\n')
    _, out = run(tmp_path, capsys)

    assert "FAIL  hub    web cert" in out
    assert "/no/c.pem: cannot be read" in out
