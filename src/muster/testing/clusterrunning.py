"""A store on a stand-in for a cluster (testing/clusterserver.py), which ends with it."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from muster.store.engine.clickhouse import ClickHouse, Settings
from muster.store.engine.clickhousehttp import Access, ClusterSessions
from muster.store.engine.clusterdialect import Place, parse_place
from muster.testing.clusterserver import CLUSTER, DATABASE, PASSWORD, USER

_END_S = 10


@contextmanager
def running_server(folder: Path) -> Iterator[tuple[Place, Access]]:
    """Where it is, and how to get in. Blocks for a second or two."""
    command = [sys.executable, "-m", "muster.testing.clusterserver", str(folder / "engine")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:  # noqa: S603 - our own
        if process.stdin is None or process.stdout is None:
            raise RuntimeError("the server has no pipes")
        port = int(process.stdout.readline())
        credentials = folder / "credentials"
        credentials.write_text(f"{USER}:{PASSWORD}\n")
        url = f"clickhouse://127.0.0.1:{port}/{DATABASE}?cluster={CLUSTER}&tls=off"
        try:
            yield parse_place(url), Access(str(credentials))
        finally:
            process.stdin.close()
            with suppress(subprocess.TimeoutExpired):
                process.wait(_END_S)
            process.kill()


@contextmanager
def running_cluster(folder: Path) -> Iterator[ClickHouse]:
    """A store that is open."""
    settings = Settings(sums_bytes=0)
    with running_server(folder) as (place, access):
        sessions = ClusterSessions(place, access, settings.limits)
        store = ClickHouse(path=folder / "series", settings=settings, sessions=sessions)
        store.open()
        yield store
        store.close()
