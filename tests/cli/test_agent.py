"""`muster agent`."""

import asyncio
import json
import subprocess
import sys

import pytest

from muster.cli import main
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


# Prints what was read until it becomes another program.
READ = """
import os, sys
os.execve = lambda *given: sys.exit(print("asyncio" in sys.modules, "ssl" in sys.modules))
from muster.cli.main import main
main(["agent", "run", "--data", "/nowhere"])
"""


def test_what_becomes_the_agent_reads_little_before():
    words = [sys.executable, "-c", READ]
    done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=120)

    assert done.stdout == "False False\n"


def test_a_dump_is_line_protocol_or_json(capsys):
    assert main.main(["agent", "dump", "--only", "mem"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert main.main(["agent", "dump", "--only", "mem", "--json"]) == 0
    (point,) = json.loads(capsys.readouterr().out)

    assert [line.split(" ")[0].split(",")[0] for line in lines] == ["mem"]
    assert point["measurement"] == "mem"
    assert "used_percent" in point["fields"]


def test_a_collector_that_is_not_there_names_those_that_are(capsys):
    assert main.main(["agent", "dump", "--only", "mem,nope"]) == Exit.USAGE
    assert "no collector 'nope'; there are apcupsd, cpu" in capsys.readouterr().err


async def test_an_agent_that_leaves_forgets_its_identity(tmp_path, capsys, claims):
    file = tmp_path / "token"
    file.write_text(claims.make_token())
    words = ("claim", "--token-file", str(file), "--proxy", "none")
    await asyncio.to_thread(run, tmp_path, capsys, *words)
    code, _, err = run(tmp_path, capsys, "unclaim")

    assert code == 0
    assert err.startswith("unclaimed")
    assert not (tmp_path / "agent/identity/key.pem").exists()


def test_where_tells_a_folder_that_is_lost_with_its_container(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("muster.agent.machine.volatile.lies_on", lambda data: "overlay")
    code, out, _ = run(tmp_path, capsys, "where", "--json")
    told = json.loads(out)

    assert code == Exit.CHECK_FAILED
    assert told == {"data": str(tmp_path / "agent"), "claimed": False, "volatile": "overlay"}
    assert "lost with the container" in run(tmp_path, capsys, "where")[1]
    monkeypatch.setattr("muster.agent.machine.volatile.lies_on", lambda data: "")
    assert run(tmp_path, capsys, "where")[0] == Exit.OK
