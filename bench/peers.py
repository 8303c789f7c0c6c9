"""Debian's InfluxDB and VictoriaMetrics as processes on loopback, in a folder of their own."""

import os
import shutil
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_INFLUX = """
reporting-disabled = true
bind-address = "127.0.0.1:{rpc}"
[meta]
  dir = "{folder}/meta"
[data]
  dir = "{folder}/data"
  wal-dir = "{folder}/wal"
  index-version = "tsi1"
  max-series-per-database = 0
  max-values-per-tag = 0
[http]
  bind-address = "127.0.0.1:{port}"
  log-enabled = false
"""


class Peer:
    """A running peer: where it listens and what it has used."""

    def __init__(self, name: str, port: int, process: subprocess.Popen[bytes], folder: Path):
        self.name, self.port, self.process, self.folder = name, port, process, folder

    def url(self, path: str, **query: object) -> str:
        text = "?" + urllib.parse.urlencode(query) if query else ""
        return f"http://127.0.0.1:{self.port}{path}{text}"

    def usage(self) -> dict[str, float]:
        return usage(self.process.pid) | {"disk_mb": round(folder_bytes(self.folder) / 1e6, 1)}


def usage(pid: int) -> dict[str, float]:
    """CPU seconds and resident memory of a process."""
    stat = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    ticks = os.sysconf("SC_CLK_TCK")
    status = Path(f"/proc/{pid}/status").read_text()
    sizes = {
        line.split(":")[0]: int(line.split()[1]) / 1024
        for line in status.splitlines()
        if line.startswith(("VmRSS", "VmHWM", "RssAnon"))
    }
    return {
        "cpu_s": round((int(stat[11]) + int(stat[12])) / ticks, 2),
        "rss_mib": round(sizes["VmRSS"], 1),
        "rss_peak_mib": round(sizes["VmHWM"], 1),
        "own_mib": round(sizes["RssAnon"], 1),  # of rss_mib, what is not files of libraries
    }


def folder_bytes(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


@contextmanager
def influxdb(work: Path, port: int = 18086, *, keep: bool = False) -> Iterator[Peer]:
    folder = _folder(work / "influxdb", keep)
    settings = folder / "influxdb.conf"
    settings.write_text(_INFLUX.format(folder=folder, port=port, rpc=port + 2))
    with _running("influxdb", ["influxd", "-config", str(settings)], port, folder) as peer:
        body = urllib.parse.urlencode({"q": "create database bench"}).encode()
        urllib.request.urlopen(peer.url("/query"), data=body, timeout=10).read()
        yield peer


@contextmanager
def victoriametrics(work: Path, port: int = 18428, *, keep: bool = False) -> Iterator[Peer]:
    folder = _folder(work / "victoriametrics", keep)
    command = [
        "victoria-metrics",
        f"-storageDataPath={folder}/data",
        f"-httpListenAddr=127.0.0.1:{port}",
        "-retentionPeriod=100y",
        "-search.disableCache",
        "-search.latencyOffset=0s",
    ]
    with _running("victoriametrics", command, port, folder) as peer:
        yield peer


@contextmanager
def _running(name: str, command: list[str], port: int, folder: Path) -> Iterator[Peer]:
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
        try:
            peer = Peer(name, port, process, folder)
            _await(peer)
            yield peer
        finally:
            process.terminate()
            process.wait(30)


def _await(peer: Peer) -> None:
    for _ in range(2_400):
        try:
            urllib.request.urlopen(peer.url("/ping"), timeout=1).read()
            return
        except urllib.error.HTTPError:
            return
        except OSError:
            if peer.process.poll() is not None:
                raise SystemExit(f"{peer.name} ended: see {peer.folder}/log") from None
            time.sleep(0.05)
    raise SystemExit(f"{peer.name} does not answer")


def _folder(folder: Path, keep: bool) -> Path:
    if not keep:
        shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True, exist_ok=True)
    return folder
