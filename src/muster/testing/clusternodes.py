"""Real nodes of ClickHouse and their ZooKeeper for tests, as tools/cluster.py runs them."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from muster.store.engine.clickhouse import ClickHouse, Settings
from muster.store.engine.clickhousehttp import Access, ClusterSessions
from muster.store.engine.clusterdialect import Place, parse_place

_TOOL = Path(__file__).parents[3] / "tools" / "cluster.py"
_LIMIT_S = 180


def why_not() -> str:
    """Why there can be no nodes here; empty where there can."""
    server = os.environ.get("MUSTER_TEST_CLICKHOUSE") or shutil.which(
        "clickhouse-server", path=f"{os.environ.get('PATH', '')}:/usr/sbin"
    )
    if not server or not Path("/usr/share/java/zookeeper.jar").exists() or not shutil.which("java"):
        return (
            "NO CLICKHOUSE: install Debian's clickhouse-server, zookeeper and a Java, "
            "or name a server in MUSTER_TEST_CLICKHOUSE"
        )
    return ""


class Nodes:
    """Two of them, `one` and `two`."""

    def __init__(self, folder: Path, shards: int) -> None:
        self._folder = folder
        self._shards = shards
        self._state: dict[str, Any] = {}

    def start(self) -> None:
        """What does not run."""
        self._state = json.loads(self._run("start", "--shards", str(self._shards)))

    def stop(self) -> None:
        self._run("stop")

    def kill(self, name: str) -> None:
        """At once, as if the machine had gone."""
        self._run("kill", "--node", name)

    def _run(self, command: str, *options: str) -> str:
        said = [sys.executable, str(_TOOL), command, str(self._folder), *options]
        done = subprocess.run(  # noqa: S603 - our own
            said, capture_output=True, text=True, timeout=_LIMIT_S, check=False
        )
        if done.returncode:
            raise RuntimeError(done.stderr)
        return done.stdout

    def place(self, database: str = "", *, tls: bool = False) -> Place:
        """As store.url names it."""
        found = parse_place(self._state["tls_url" if tls else "url"])
        return found._replace(database=database or found.database)

    def url(self, database: str) -> str:
        """For store.url, with TLS."""
        text: str = self._state["tls_url"]
        return text.replace(f"/{self.place().database}?", f"/{database}?")

    @property
    def credentials_file(self) -> str:
        return str(self._state["credentials_file"])

    @property
    def ca_file(self) -> str:
        return str(self._state["ca_file"])

    @property
    def access(self) -> Access:
        return Access(self.credentials_file, self.ca_file)

    def store(self, path: Path, database: str = "", *, tls: bool = False) -> ClickHouse:
        """One that is open."""
        settings = Settings(sums_bytes=0, cache_bytes=0)
        sessions = ClusterSessions(self.place(database, tls=tls), self.access, settings.limits)
        store = ClickHouse(path=path, settings=settings, sessions=sessions)
        store.open()
        return store


@contextmanager
def running_nodes(folder: Path, shards: int = 1) -> Iterator[Nodes]:
    """Two replicas of one shard, or two shards. Blocks for a second or two."""
    nodes = Nodes(folder, shards)
    try:
        nodes.start()
        yield nodes
    finally:
        nodes.stop()
