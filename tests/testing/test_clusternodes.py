"""Nodes of ClickHouse's own, and the program that runs them."""

import subprocess
import sys
from pathlib import Path

import pytest

from muster.testing import clusternodes
from muster.testing.clusternodes import running_nodes, why_not

TOOL = Path(__file__).parents[2] / "tools" / "cluster.py"


def alive(folder):
    said = subprocess.run(["ps", "-ewwo", "args"], capture_output=True, text=True, check=True)
    return [line for line in said.stdout.splitlines() if str(folder) in line]


@pytest.mark.skipif(bool(why_not()), reason=why_not())
def test_what_was_killed_starts_again_and_nothing_is_left_behind(tmp_path):
    with running_nodes(tmp_path) as nodes:
        assert len(alive(tmp_path)) == 3
        nodes.kill("two")
        nodes.start()
        assert len(alive(tmp_path)) == 3

    assert not alive(tmp_path)


def test_where_there_is_no_cluster_that_is_said(tmp_path):
    done = subprocess.run(
        [sys.executable, str(TOOL), "status", str(tmp_path)], capture_output=True, text=True
    )

    assert done.returncode == 1
    assert "no cluster was started there" in done.stderr


def test_without_the_packages_it_says_which(monkeypatch):
    monkeypatch.setattr(clusternodes.shutil, "which", lambda *_, **__: None)
    monkeypatch.delenv("MUSTER_TEST_CLICKHOUSE", raising=False)

    assert "clickhouse-server" in why_not()
