"""`muster agent claim`."""

import asyncio
import json

import pytest

from muster.agent.exits import Exit as AgentExit
from muster.agent.joining.approval import Told, Waits
from muster.cli import agentclaim, main
from muster.cli.exits import Exit
from muster.clock import SystemClock
from muster.testing.hub import FakeHub


def run(tmp_path, capsys, *words):
    code = main.main(["agent", *words, "--data", str(tmp_path / "agent")])
    said = capsys.readouterr()
    return int(code), said.out, said.err


@pytest.fixture
async def claims():
    async with FakeHub(clock=SystemClock()) as hub:
        yield hub


async def test_a_claim_prints_what_scripts_need_and_a_second_is_refused(tmp_path, capsys, claims):
    file = tmp_path / "token"
    file.write_text(claims.make_token())
    words = ("claim", "--token-file", str(file), "--proxy", "none", "--json")
    code, out, _ = await asyncio.to_thread(run, tmp_path, capsys, *words)
    again, _, err = await asyncio.to_thread(run, tmp_path, capsys, *words)

    assert code == 0
    assert json.loads(out).keys() == {"node", "name", "renamed_from"}
    assert again == AgentExit.ALREADY_CLAIMED
    assert len(err.splitlines()) == 1


async def test_a_token_in_an_argument_is_warned_of(tmp_path, capsys, claims):
    words = ("claim", "--token", claims.make_token(), "--proxy", "none")
    code, out, err = await asyncio.to_thread(run, tmp_path, capsys, *words)

    assert (code, out) == (0, "")
    assert err.startswith("warning: every user of this machine can read")
    assert "this machine is node fake" in err
    assert "mst1" not in err


async def test_a_machine_claims_by_the_name_that_its_settings_give(
    tmp_path, capsys, claims, monkeypatch
):
    monkeypatch.setenv("MUSTER_HOSTNAME", "worker-3")
    (tmp_path / "token").write_text(claims.make_token())
    words = ("claim", "--token-file", str(tmp_path / "token"), "--no-proxy")
    code, _, _ = await asyncio.to_thread(run, tmp_path, capsys, *words)

    assert code == 0
    (sent,) = claims.bodies
    assert json.loads(sent["signed"])["facts"]["hostname"] == "worker-3"


async def test_a_claim_says_its_sentence_and_keeps_the_way_it_took(tmp_path, capsys, claims):
    file = tmp_path / "token"
    file.write_text(claims.make_token())
    words = ("claim", "--token-file", str(file), "--no-proxy")
    code, _, err = await asyncio.to_thread(run, tmp_path, capsys, *words)
    own = tmp_path / "agent/agent.toml"

    assert code == 0
    assert "Agent was successfully claimed." in err.splitlines()
    assert f"the proxy is kept in {own}, for claim and link" in err
    assert own.read_text() == '[link]\nproxy = "none"\n'


async def test_a_way_that_cannot_be_kept_is_a_warning_of_a_good_claim(tmp_path, capsys, claims):
    (tmp_path / "token").write_text(claims.make_token())
    config = tmp_path / "agent.toml"
    config.write_text('link = {proxy = "environment"}\n')
    words = ("--token-file", str(tmp_path / "token"), "--config", str(config), "--no-proxy")
    code, _, err = await asyncio.to_thread(run, tmp_path, capsys, "claim", *words)

    assert code == 0
    assert "warning: the proxy is not kept for the link" in err
    assert "Agent was successfully claimed." in err


async def test_the_hubs_own_claim_says_nothing_of_what_the_hub_does_next(
    tmp_path, capsys, claims, monkeypatch
):
    file = tmp_path / "token"
    file.write_text(claims.make_token())
    words = ("claim", "--token-file", str(file), "--proxy", "none")
    monkeypatch.setenv("MUSTER_BESIDE_HUB", "1")
    code, _, err = await asyncio.to_thread(run, tmp_path, capsys, *words)

    assert code == 0
    assert "Agent was successfully claimed." in err.splitlines()
    assert "proxy" not in err
    assert "muster agent run" not in err


WRONG_PROXY = "http://ada:s3cret@127.0.0.1:1"


async def test_a_password_of_a_proxy_in_an_argument_is_warned_of(tmp_path, capsys, claims):
    file = tmp_path / "token"
    file.write_text(claims.make_token())
    words = ("claim", "--token-file", str(file), "--proxy", WRONG_PROXY)
    code, _, err = await asyncio.to_thread(run, tmp_path, capsys, *words)

    assert code == AgentExit.CANNOT_CONNECT
    assert err.startswith("warning: every user of this machine can read a password")
    assert "ada:***@127.0.0.1:1" in err
    assert "s3cret" not in err


@pytest.mark.parametrize("source", ["environment", "file"])
async def test_a_proxy_with_a_password_needs_no_argument(
    tmp_path, capsys, claims, monkeypatch, source
):
    (tmp_path / "token").write_text(claims.make_token())
    (tmp_path / "proxy").write_text(WRONG_PROXY)
    words = ["claim", "--token-file", str(tmp_path / "token")]
    if source == "environment":
        monkeypatch.setenv("MUSTER_CLAIM_PROXY", WRONG_PROXY)
    else:
        words += ["--proxy-file", str(tmp_path / "proxy")]
    code, _, err = await asyncio.to_thread(run, tmp_path, capsys, *words)

    assert code == AgentExit.CANNOT_CONNECT
    assert "cannot connect to proxy http://ada:***@127.0.0.1:1" in err
    assert "warning" not in err


def test_standard_input_is_the_token_or_the_proxy(tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("MUSTER_CLAIM_TOKEN", "x")
    code, _, err = run(tmp_path, capsys, "claim", "--token-file", "-", "--proxy-file", "-")

    assert code == Exit.USAGE
    assert "not both" in err


@pytest.mark.parametrize("source", ["environment", "file"])
async def test_a_claim_takes_the_proxy_of_the_settings(
    tmp_path, capsys, claims, monkeypatch, source
):
    (tmp_path / "token").write_text(claims.make_token())
    settings = tmp_path / "agent.toml"
    settings.write_text(f'[link]\nproxy = "{WRONG_PROXY}"\n' if source == "file" else "")
    if source == "environment":
        monkeypatch.setenv("MUSTER_LINK_PROXY", WRONG_PROXY)
    words = ("claim", "--token-file", str(tmp_path / "token"), "--config", str(settings))
    code, _, err = await asyncio.to_thread(run, tmp_path, capsys, *words)

    assert code == AgentExit.CANNOT_CONNECT
    assert "cannot connect to proxy http://ada:***@127.0.0.1:1" in err
    assert "warning" not in err


def test_a_proxy_that_means_nothing_is_a_setting(tmp_path, capsys):
    (tmp_path / "token").write_text("x")
    words = ("claim", "--token-file", str(tmp_path / "token"), "--proxy", "ftp://x")
    code, _, err = run(tmp_path, capsys, *words)

    assert code == Exit.USAGE
    assert "command line: link.proxy: proxy: scheme is not http" in err


async def test_what_is_no_address_is_refused_without_its_password(tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("MUSTER_CLAIM_TOKEN", "mst1.broken")
    code, _, err = await asyncio.to_thread(
        run, tmp_path, capsys, "claim", "--url", "https://me:hunter2@hub"
    )

    assert code == Exit.USAGE
    assert "hunter2" not in err


def test_who_waits_is_told_how_it_is_let_in(capsys):
    agentclaim._tell_waiting(Waits("hub:1", Told(request="w1", reason="rack 4 is new")))
    agentclaim._tell_waiting(Waits("hub:1", Told()))

    assert capsys.readouterr().err == (
        "waiting: hub:1: an admin has to let this machine in: rack 4 is new (id w1)\n"
        "to let it in, on the hub: muster approval approve w1\n"
        "waiting: hub:1: an admin has to let this machine in\n"
    )


@pytest.mark.parametrize(
    ("words", "line"),
    [
        ((), "muster agent run"),
        (("--data", "my agent"), "muster agent run --data 'my agent'"),
        (("--config", "a.toml"), "muster agent run --config a.toml"),
    ],
)
def test_the_line_that_runs_what_was_claimed_names_its_folder(words, line):
    options = main.build_parser("agent").parse(["agent", "claim", *words])

    assert agentclaim._run_line(options) == line
