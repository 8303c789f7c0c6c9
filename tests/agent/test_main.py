"""`python -m muster.agent`: small, and as exact about errors as the command line."""

import asyncio
import os
import subprocess
import sys
from pathlib import Path

import pytest

import muster
from muster.agent.exits import Exit
from muster.agent.joining.claim import claim
from muster.clock import SystemClock
from muster.log import Secret
from muster.model.inventory import Facts
from muster.net.proxy import ProxySetting
from muster.testing.hub import FakeHub


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "muster.agent", *arguments],
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("arguments", [(), ("--data",), ("--data", "x", "--fly", "y"), ("a", "b")])
def test_wrong_arguments_show_the_usage(arguments):
    ended = run(*arguments)

    assert (ended.returncode, ended.stderr[:6]) == (2, "usage:")


def test_an_unclaimed_folder_has_its_exit_code(tmp_path):
    ended = run("--data", str(tmp_path))

    assert ended.returncode == Exit.NOT_CLAIMED
    assert "muster agent claim" in ended.stderr


def test_a_wrong_setting_names_its_file(tmp_path):
    file = tmp_path / "agent.toml"
    file.write_text("[spool]\nmax_bytes = 1\n")

    ended = run("--data", str(tmp_path), "--config", str(file))

    assert ended.returncode == 2
    assert "agent.toml" in ended.stderr


# Says what is loaded once it is told to end, by which time it has sent to its hub.
RUNNING = """
import sys
import muster.agent.__main__ as agent
from muster.agent import app

def stop(self, stop=app.Agent.stop):
    print(*(name for name, module in sys.modules.items() if module))
    sys.stdout.flush()
    stop(self)

app.Agent.stop = stop
raise SystemExit(agent.main(sys.argv[1:]))
"""

# What the agent itself takes of other libraries; what they bring along is theirs.
LIBRARIES = (
    "array asyncio base64 contextlib datetime encodings.ascii encodings.idna enum fcntl fnmatch gc"
    " hashlib ipaddress json logging msgspec pathlib queue random secrets select shlex socket ssl"
    " struct subprocess threading tomllib typing urllib.parse uuid zlib zstandard"
)
BROUGHT = """
import importlib, sys
sys.modules["typing_extensions"] = None
for name in sys.argv[1].split():
    importlib.import_module(name)
print(*(name for name, module in sys.modules.items() if module))
"""

PARTS = {
    "muster": "agent clock collectors config ending errors files log model net pki wire",
    "muster.agent": "__main__ app ask collecting exits joining linking machine memberships"
    " netdata probes probestatus reload settings spool status",
    "muster.agent.collecting": "commands lanes rows scheduler sources",
    "muster.agent.joining": "fork holder identity lock recover renewal revoked",
    "muster.agent.linking": "links linkstatus mending session trust",
    "muster.agent.machine": "container evidence facts volatile",
    "muster.agent.memberships": "allowed hublane hubs hubset ownsettings settingstold",
    "muster.agent.spool": "buffer cursor segment",
    "muster.agent.netdata": "use",
    "muster.model": "address clone evidence ids inventory metric pattern probe",
    "muster.net": "addresses backoff body client proxy socketpath tls websocket",
    "muster.pki": "profile",
    "muster.wire": "_cells _websocket cells chain columns definitions limits link messages packing"
    " sharednames varint websocket",
}


def loaded(script: str, *arguments: str) -> set[str]:
    command = [sys.executable, "-c", script, *arguments]
    ended = subprocess.run(command, capture_output=True, text=True, check=True)
    return set(ended.stdout.split())


async def test_a_running_agent_has_loaded_nothing_but_what_is_listed_here(tmp_path):
    """Each module stays for as long as the machine runs: it is listed, or imported where used."""
    async with FakeHub(clock=SystemClock()) as hub:
        token, proxy = Secret(hub.make_token()), ProxySetting("none")
        await claim(tmp_path, token, clock=SystemClock(), facts=Facts, proxy=proxy)
        agent = await asyncio.create_subprocess_exec(
            sys.executable,
            *("-c", RUNNING, "--data", str(tmp_path)),
            stdout=asyncio.subprocess.PIPE,
            env={**os.environ, "MUSTER_LINK_PROXY": "none"},
        )
        await hub.until(lambda: len(hub.batches) > 1)
        agent.terminate()
        said, _ = await agent.communicate()
    own = {f"{package}.{name}" for package, names in PARTS.items() for name in names.split()}
    collectors = {name for name in own_modules("muster.collectors") if "reference" not in name}
    own |= own_modules("muster.collectors.probes")
    found = {name for name in said.decode().split() if "cython" not in name}

    more = found - own - collectors - {"muster"} - loaded(BROUGHT, LIBRARIES)
    assert more == set()


def own_modules(package: str) -> set[str]:
    folder = Path(muster.__file__).parent.joinpath(*package.split(".")[1:])
    return {package} | {f"{package}.{path.stem}" for path in folder.glob("[a-z]*.py")}


def test_what_is_large_and_needless_is_with_none_of_them():
    names = loaded(BROUGHT, LIBRARIES)

    assert not names & {
        *("argparse", "bz2", "ctypes", "email", "http", "lzma", "shutil", "tempfile"),
        *("typing_extensions", "urllib.request", "aiohttp", "cryptography", "numpy"),
    }
