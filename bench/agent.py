"""What an agent costs: resident memory and CPU beside Debian's netdata and collectd.

    python bench/agent.py [--seconds 60] [--values 1500] [--alone]

All run at the same time on the same machine, collecting every second. Muster's agent runs as
users run it, with all default collectors, and one more that reads further files of /proc until
`--values` a second are collected, spooled to disk and sent over mutual TLS to a hub that
acknowledges each batch. netdata keeps its data itself, without web access from outside, cloud
or machine learning; collectd sends over UDP. Neither is started as a service, both must be
installed (apt-get install netdata collectd-core), else they are left out.
Memory is the sum over the program's process tree: RSS, and PSS, which counts shared pages
once. Prints one JSON document.
"""

import argparse
import asyncio
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from muster import __version__
from muster.agent.collecting.once import collect_once
from muster.agent.joining.claim import claim
from muster.agent.machine.environment import lean
from muster.agent.machine.facts import gather_facts
from muster.clock import SystemClock
from muster.collectors import COLLECTORS
from muster.log import Secret
from muster.net.proxy import ProxySetting
from muster.testing.hub import FakeHub

PROCESS = Path(__file__).with_name("agent_process.py")
WARM_UP_S = 15
TICKS = os.sysconf("SC_CLK_TCK")

NETDATA = """
[global]
    run as user = root
[directories]
    config = {folder}
    cache = {folder}/cache
    lib = {folder}/lib
    log = {folder}/log
[db]
    update every = 1
[web]
    bind to = 127.0.0.1:{port}
[ml]
    enabled = no
[health]
    enabled = no
[plugins]
    timex = yes
    python.d = no
    charts.d = no
    node.d = no
"""

COLLECTD = """
Hostname "bench"
BaseDir "{folder}"
PIDFile "{folder}/collectd.pid"
TypesDB "/usr/share/collectd/types.db"
Interval 1
{plugins}
LoadPlugin unixsock
<Plugin unixsock>
  SocketFile "{folder}/collectd.sock"
</Plugin>
LoadPlugin network
<Plugin network>
  Server "127.0.0.1" "{port}"
</Plugin>
"""
COLLECTD_PLUGINS = """
cpu contextswitch df disk entropy fhcount interface irq ipc load memory numa processes
protocols swap tcpconns uptime users vmem
"""
COLLECTD_OPTIONS = """
<Plugin cpu>
  ReportByCpu true
</Plugin>
<Plugin vmem>
  Verbose true
</Plugin>
"""


def tree(pid: int) -> list[int]:
    """A process and all below it."""
    found = [pid]
    for path in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in path.read_text().split():
            found += tree(int(child))
    return found


def cpu_s(pid: int) -> float:
    """User and system time, with that of children that have ended."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return sum(map(int, fields[11:15])) / TICKS


def memory_kb(pid: int) -> tuple[int, int]:
    """(RSS, PSS)."""
    lines = dict(
        line.split(":") for line in Path(f"/proc/{pid}/smaps_rollup").read_text().split("\n")[1:-1]
    )
    return int(lines["Rss"].split()[0]), int(lines["Pss"].split()[0])


class Watched:
    """One program under measurement."""

    def __init__(self, name: str, version: str, pid: int) -> None:
        self.name = name
        self.version = version
        self.pid = pid
        self.values_per_second = 0.0
        self._cpu_s = 0.0
        self._began = 0.0

    def begin(self) -> None:
        self._cpu_s = sum(map(cpu_s, tree(self.pid)))
        self._began = time.monotonic()

    def result(self) -> dict[str, object]:
        pids = tree(self.pid)
        spent = sum(map(cpu_s, pids)) - self._cpu_s
        memory = [memory_kb(pid) for pid in pids]
        return {
            "version": self.version,
            "processes": len(pids),
            "rss_mib": round(sum(rss for rss, _ in memory) / 1024, 1),
            "pss_mib": round(sum(pss for _, pss in memory) / 1024, 1),
            "cpu_percent_of_a_core": round(100 * spent / (time.monotonic() - self._began), 2),
            "values_per_second": round(self.values_per_second),
        }


def version_of(*command: str) -> str:
    words = subprocess.run(command, capture_output=True, text=True, check=False).stdout.split()
    return next((word.strip(",") for word in words if word[:1].isdigit() or word[:2] == "v1"), "")


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


def start_netdata(folder: Path, port: int) -> subprocess.Popen[bytes]:
    for name in ("cache", "lib", "log"):
        (folder / name).mkdir(parents=True)
    file = folder / "netdata.conf"
    file.write_text(NETDATA.format(folder=folder, port=port))
    return subprocess.Popen(
        ["netdata", "-D", "-c", str(file)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )


def netdata_values(port: int) -> float:
    import urllib.request

    with urllib.request.urlopen(f"http://127.0.0.1:{port}/api/v1/charts", timeout=10) as answer:
        charts = json.load(answer)["charts"].values()
    return sum(len(chart["dimensions"]) / chart["update_every"] for chart in charts)


def start_collectd(folder: Path, port: int) -> subprocess.Popen[bytes]:
    folder.mkdir()
    modules = Path("/usr/lib/collectd")
    there = [name for name in COLLECTD_PLUGINS.split() if (modules / f"{name}.so").exists()]
    plugins = "\n".join(f"LoadPlugin {name}" for name in there) + COLLECTD_OPTIONS
    file = folder / "collectd.conf"
    file.write_text(COLLECTD.format(folder=folder, plugins=plugins, port=port))
    return subprocess.Popen(
        ["collectd", "-f", "-C", str(file)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )


def collectd_values(folder: Path) -> float:
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(10)
        client.connect(str(folder / "collectd.sock"))
        client.sendall(b"LISTVAL\n")
        lines = client.makefile().readlines(1) or [""]
        return float(lines[0].split()[0])


async def start_peers(folder: Path) -> tuple[list[Watched], list[subprocess.Popen[bytes]], int]:
    watched, started, port = [], [], free_port()
    if shutil.which("netdata"):
        process = start_netdata(folder / "netdata", port)
        started.append(process)
        watched.append(Watched("netdata", version_of("netdata", "-v"), process.pid))
    if shutil.which("collectd"):
        process = start_collectd(folder / "collectd", free_port())
        started.append(process)
        watched.append(Watched("collectd", version_of("collectd", "-h"), process.pid))
    return watched, started, port


def count_values(peers: list[Watched], folder: Path, port: int) -> None:
    for peer in peers:
        try:
            if peer.name == "netdata":
                peer.values_per_second = netdata_values(port)
            if peer.name == "collectd":
                peer.values_per_second = collectd_values(folder / "collectd")
        except (OSError, ValueError) as error:
            print(f"{peer.name}: values not counted: {error}", file=sys.stderr)


def stop(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(20)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def extra_values(wanted: int) -> int:
    """How many values a second the default collectors lack, by one run of them."""
    each_second = [c for c in COLLECTORS if c.interval_s == 1 or c.name == "nstat"]
    points, _failures = collect_once(each_second, SystemClock())
    return max(0, wanted - sum(len(point.fields) for point in points))


async def measure(folder: Path, seconds: float, extra: int, *, alone: bool) -> dict[str, object]:
    clock = SystemClock()
    peers, started, port = ([], [], 0) if alone else await start_peers(folder)
    async with FakeHub(clock=clock) as hub:
        data = folder / "node"
        proxy = ProxySetting("none")
        await claim(data, Secret(hub.make_token()), clock=clock, facts=gather_facts, proxy=proxy)
        command = [sys.executable, str(PROCESS), str(data), str(extra)]
        agent = subprocess.Popen(  # noqa: ASYNC220
            command, stderr=subprocess.DEVNULL, env=lean(os.environ)
        )
        started.append(agent)
        try:
            await asyncio.sleep(WARM_UP_S)
            mine = Watched("muster", __version__, agent.pid)
            everyone = [mine, *peers]
            before = len(hub.batches)
            for one in everyone:
                one.begin()
            await asyncio.sleep(seconds)
            mine.values_per_second = (
                sum(batch.values_total for batch in hub.batches[before:]) / seconds
            )
            count_values(peers, folder, port)
            return {
                **{one.name: one.result() for one in everyone},
                "faults": [str(error) for error in hub.errors],
            }
        finally:
            for process in started:
                stop(process)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--values", type=int, default=1500)
    parser.add_argument("--alone", action="store_true", help="without netdata and collectd")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="muster-bench-") as folder:
        extra = extra_values(options.values)
        found = asyncio.run(measure(Path(folder), options.seconds, extra, alone=options.alone))
    print(json.dumps(found, indent=2))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
