"""Most agents have nothing to do with Netdata's words, and load nothing for them."""

import subprocess
import sys

import pytest

from muster.agent.netdata.use import is_in_use


def test_an_agent_of_its_own_is_none(tmp_path):
    assert not is_in_use(tmp_path, {}, 0)


@pytest.mark.parametrize("name", ["cloud.d/claimed_id", "cloud.d/token", "claim.conf"])
def test_a_claim_or_a_wish_for_one_is(tmp_path, name):
    (tmp_path / "lib" / "cloud.d").mkdir(parents=True)
    (tmp_path / "lib" / name).write_text("x")

    assert is_in_use(tmp_path / "lib", {}, 0)
    assert is_in_use(tmp_path, {"NETDATA_VARLIB_DIR": str(tmp_path / "lib")}, 0)
    assert not is_in_use(tmp_path, {}, 0)


def test_a_variable_or_a_port_is():
    from pathlib import Path

    nowhere = Path("/nowhere")
    assert is_in_use(nowhere, {"NETDATA_CLAIM_TOKEN": "t"}, 0)
    assert is_in_use(nowhere, {}, 19999)


def test_the_agent_loads_the_rest_only_then():
    code = "import sys, muster.agent.app; print([m for m in sys.modules if 'netdata' in m])"
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout

    assert loaded.strip() == "['muster.agent.netdata', 'muster.agent.netdata.use']"
