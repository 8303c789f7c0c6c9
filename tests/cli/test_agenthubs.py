"""`muster agent hubs`, `allow` and leaving one of several hubs."""

import json

import pytest

from muster.agent.exits import Exit
from muster.agent.joining.identity import NodeFile, install_identity
from muster.agent.joining.lock import held
from muster.agent.memberships.hubs import hub_folder, read_allowed
from muster.cli import agenthubs
from muster.cli import main as cli
from muster.log import Secret


@pytest.fixture
def agent(tmp_path, capsys):
    def run(*words):
        capsys.readouterr()
        code = cli.main(["agent", *words, "--data", str(tmp_path)])
        said = capsys.readouterr()
        return code, said.out, said.err

    return run


@pytest.fixture
def joined(tmp_path):
    for number, name in enumerate(("main", "work")):
        node = NodeFile(
            node=f"n{number}",
            space="s",
            name="web",
            hub=f"h{number}",
            agents=f"{name}.example:8401",
            serial="1",
            sha256="",
            not_before_ns=0,
            not_after_ns=10**18,
        )
        folder = hub_folder(tmp_path, name)
        install_identity(folder, key=Secret("k"), chain="c", anchors="a", node=node)


def test_hubs_are_listed_with_what_they_may_have(agent, joined):
    assert agent("allow", "work", "--only", "cpu,mem")[0] == 0
    code, out, _ = agent("hubs")
    assert code == 0
    for word in ("main", "work.example:8401", "cpu, mem", "all", "not running", "n1"):
        assert word in out

    listed = json.loads(agent("hubs", "--json")[1])
    assert [(each["name"], each["only"]) for each in listed] == [
        ("main", None),
        ("work", ["cpu", "mem"]),
    ]


def test_without_a_hub_that_is_said(agent):
    assert "belongs to no hub" in agent("hubs")[1]


def test_what_a_hub_may_have_is_changed_and_unknown_names_are_refused(agent, joined, tmp_path):
    assert agent("allow", "work", "--only", "cpu, bogus")[0] == 2
    assert agent("allow", "nobody", "--all")[0] == 5
    assert read_allowed(hub_folder(tmp_path, "work")) is None
    assert json.loads(agent("allow", "main", "--only", "", "--json")[1])["only"] == []
    assert read_allowed(tmp_path) == frozenset()

    assert agent("allow", "main", "--all")[0] == 0
    assert read_allowed(tmp_path) is None


def test_one_hub_is_left_and_the_other_stays(agent, joined, tmp_path):
    assert agent("unclaim", "--hub-name", "work")[0] == 0

    assert not hub_folder(tmp_path, "work").exists()
    assert (tmp_path / "identity").is_symlink()
    assert agent("unclaim", "--hub-name", "work")[0] == Exit.NOT_CLAIMED


def test_a_hub_that_somebody_holds_is_not_left(agent, joined, tmp_path, monkeypatch):
    monkeypatch.setattr(agenthubs, "_LEAVE_S", 0.0)
    with held(hub_folder(tmp_path, "work")):
        code, _, said = agent("unclaim", "--hub-name", "work")

    assert (code, "does not let go" in said) == (Exit.ALREADY_RUNNING, True)


def test_the_ninth_hub_is_refused_before_its_token_is_used(agent, joined, tmp_path):
    for number in range(7):
        folder = hub_folder(tmp_path, f"hub-{number}")
        folder.mkdir(parents=True)
        (folder / "identity").symlink_to("identities/1")

    token = tmp_path / "token"
    token.write_text("mst1.x")
    code, _, said = agent("claim", "--hub-name", "ninth", "--token-file", str(token))
    assert code == 28 or ("8 hubs at most" in said and code == 7)
    assert not hub_folder(tmp_path, "ninth").exists()


def test_the_status_of_a_running_agent_has_a_line_for_each_hub(capsys):
    hub = {
        "name": "work",
        "node": {"name": "web-7", "not_after_ns": 10**18},
        "link": {"state": "refused", "cause": "this node was revoked"},
        "spool": {"values": 5, "lost_values": 0},
        "only": [],
    }
    agenthubs.print_hubs([hub | {"name": "main", "node": None, "only": None}, hub])

    out = capsys.readouterr().out
    for word in ("main", "all", "work", "web-7", "nothing", "refused", "this node was revoked"):
        assert word in out
