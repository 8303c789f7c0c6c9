"""A hub and its agent where there is no network at all but the machine's own."""

import json
import os
import shutil
import signal
import subprocess

import pytest
from processes import DEADLINE_S, ENVIRONMENT, MUSTER, free_port_base, run, until

pytestmark = pytest.mark.scenario


def why_not() -> str:
    if os.geteuid() != 0 or not shutil.which("ip"):
        return "a namespace without a network takes root and iproute2"
    probe = subprocess.run(["unshare", "--net", "true"], capture_output=True, check=False)
    return "" if probe.returncode == 0 else "no network namespace may be made here"


@pytest.mark.skipif(bool(why_not()), reason=why_not())
def test_a_hub_and_its_machine_work_where_nothing_leads_outside(tmp_path):
    data, base = tmp_path / "hub", str(free_port_base())
    words = [*MUSTER, "up", "--data", str(data), "--port-base", base, "--json"]
    process = subprocess.Popen(
        ["unshare", "--net", "sh", "-c", 'ip link set lo up && exec "$@"', "sh", *words],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
        env=os.environ | ENVIRONMENT | {"MUSTER_INSTALL_STANDALONE": "false"},
    )  # fmt: skip
    try:
        assert json.loads(process.stdout.readline())["ready"] is True

        def live():
            nodes = run("--data", str(data), "node", "list", "--json")
            return [node for node in nodes if node["state"] == "live"]

        (node,) = until("its own machine is live", live)
        query = ("query", "--measurement", "mem", "--node", node["id"], "--json")
        assert until("values", lambda: run("--data", str(data), *query)["rows"])
        made = run("--data", str(data), "connect", "--environment", "linux", "--json")
        assert made["commands"], "what machines fetch is made without a network"
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(DEADLINE_S) == 0
        process.stdout.close()
