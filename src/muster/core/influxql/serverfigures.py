"""What SHOW STATS and SHOW DIAGNOSTICS tell: figures of this hub, under InfluxDB's names.

What the hub has no figure for is left out. Counts are since its start.
"""

import gc
import os
import platform
import resource
import socket
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from muster import __version__
from muster.clock import SECOND_NS, Clock
from muster.core.databases.databases import Databases
from muster.core.databases.fieldkinds import FieldKinds
from muster.core.influxql.continuous import ContinuousQueries
from muster.core.influxql.queryregistry import QueryRegistry
from muster.core.writes.pointwrites import PointWrites
from muster.influxql.answers.results import ResultSeries, listing
from muster.influxql.syntax.durations import spell_duration
from muster.model.ids import SpaceId
from muster.model.influx import Database

_ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64", "armv7l": "arm"}

Cell = str | int | float


class Figures(NamedTuple):
    """One series of such an answer: one row of columns by name."""

    name: str
    values: Mapping[str, Cell]
    tags: tuple[tuple[str, str], ...] = ()

    def series(self) -> ResultSeries:
        """Columns sorted, as InfluxDB has them."""
        columns = sorted(self.values)
        made = listing(self.name, columns, [[self.values[name] for name in columns]])
        return ResultSeries(made.name, self.tags, made.columns, None, made.cells)


class ServerFigures:
    """All figures; those of databases are of the space of whoever asks."""

    def __init__(
        self,
        *,
        databases: Databases,
        kinds: FieldKinds,
        writes: PointWrites,
        registry: QueryRegistry,
        continuous: ContinuousQueries,
        clock: Clock,
        speaks: str,
    ) -> None:
        """`speaks` is the version of InfluxDB that clients are told of."""
        self._databases = databases
        self._kinds = kinds
        self._writes = writes
        self._registry = registry
        self._continuous = continuous
        self._clock = clock
        self._speaks = speaks
        self._started = clock.monotonic()

    def statistics(self, space: SpaceId) -> list[Figures]:
        """By name, as SHOW STATS tells them."""
        return [
            self._of_continuous(space),
            *(self._of_database(each) for each in self._databases.listed(space)),
            self._of_queries(space),
            _of_process(),
            self._of_writes(space),
        ]

    def diagnostics(self) -> list[Figures]:
        """By name, as SHOW DIAGNOSTICS tells them."""
        return [
            Figures(
                "build", {"Branch": "", "Build Time": "", "Commit": "", "Version": self._speaks}
            ),
            Figures("muster", {"version": __version__}),
            Figures("network", {"hostname": socket.gethostname()}),
            _of_machine(),
            self._of_run(),
        ]

    def _of_continuous(self, space: SpaceId) -> Figures:
        counts = self._continuous.counts(space)
        values = {
            "queryFail": counts.failed,
            "queryOk": counts.ran,
            "querySkipped": counts.skipped,
            "pointsWritten": counts.written,
        }
        return Figures("cq", values)

    def _of_database(self, database: Database) -> Figures:
        names = {
            measurement
            for policy in database.policies
            for shard in self._kinds.shards(database, policy.name)
            for measurement, _ in self._kinds.kinds(shard)
        }
        tags = (("database", database.name),)
        return Figures("database", {"numMeasurements": len(names)}, tags)

    def _of_queries(self, space: SpaceId) -> Figures:
        counts = self._registry.counts(space)
        values = {
            "queriesActive": counts.executed - counts.finished,
            "queriesExecuted": counts.executed,
            "queriesFinished": counts.finished,
            "queryDurationNs": round(counts.duration_s * SECOND_NS),
        }
        return Figures("queryExecutor", values)

    def _of_writes(self, space: SpaceId) -> Figures:
        counts = self._writes.counts(space)
        values = {
            "pointReq": counts.points,
            "req": counts.requests,
            "writeDrop": counts.refused,
            "writeError": counts.failed,
            "writeOk": counts.requests - counts.failed,
        }
        return Figures("write", values)

    def _of_run(self) -> Figures:
        now_ns = self._clock.now_ns()
        up_ns = round((self._clock.monotonic() - self._started) * SECOND_NS)
        values: Mapping[str, Cell] = {
            "PID": os.getpid(),
            "currentTime": _utc(now_ns),
            "started": _utc(now_ns - up_ns),
            "uptime": spell_duration(up_ns),
        }
        return Figures("system", values)


def _of_process() -> Figures:
    used = resource.getrusage(resource.RUSAGE_SELF)
    values: Mapping[str, Cell] = {
        "CPUSeconds": round(used.ru_utime + used.ru_stime, 3),
        "NumGC": sum(each["collections"] for each in gc.get_stats()),
        "Sys": used.ru_maxrss * 1_024,  # the most that it ever had
    }
    return Figures("runtime", values)


def _of_machine() -> Figures:
    machine = platform.machine()
    values: Mapping[str, Cell] = {
        "GOARCH": _ARCHITECTURES.get(machine, machine),
        "GOMAXPROCS": os.cpu_count() or 1,
        "GOOS": sys.platform,
        "version": f"python{platform.python_version()}",
    }
    return Figures("runtime", values)


def _utc(time_ns: int) -> str:
    moment = datetime.fromtimestamp(time_ns // SECOND_NS, UTC)
    return moment.strftime(f"%Y-%m-%dT%H:%M:%S.{time_ns % SECOND_NS:09d}Z")


def of_module(figures: Sequence[Figures], module: str) -> list[ResultSeries]:
    """Those of one name; of an empty one all."""
    return [each.series() for each in figures if module in ("", each.name)]
