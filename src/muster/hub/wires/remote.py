"""What other monitors write on InfluxDB's listener: Prometheus, OpenTelemetry. Built by hand."""

import msgspec

from muster.clock import Clock
from muster.core.databases.databases import Databases
from muster.core.databases.firstwrites import FirstWrites
from muster.core.writes.metricmetadata import MetricMetadata
from muster.core.writes.otlpwrites import OtlpWrites
from muster.core.writes.pointwrites import PointWrites
from muster.core.writes.remotewrites import RemoteWrites
from muster.faces.influx.callers import Callers
from muster.faces.influx.otlp import DATABASE as OTLP
from muster.faces.influx.otlp import OtlpFace
from muster.faces.influx.prometheuswrite import DATABASE, PrometheusWriteFace
from muster.net.http import Route
from muster.wire.otlp import OtlpLimits
from muster.wire.prometheusparts import RemoteLimits


class RemoteSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How samples of other monitors are taken."""

    # databases that are made when somebody who may writes there first
    databases: tuple[str, ...] = (DATABASE, OTLP)
    # attributes of OTLP's resources that become no labels: they change with every start
    left_out: tuple[str, ...] = (
        "process.pid",
        "process.parent_pid",
        "process.command_args",
        "process.command_line",
    )


class RemoteParts:
    """What of the hub only other monitors' wire needs."""

    def __init__(
        self,
        *,
        settings: RemoteSettings,
        callers: Callers,
        databases: Databases,
        writes: PointWrites,
        clock: Clock,
    ) -> None:
        self.metadata = MetricMetadata()
        first_writes = FirstWrites(databases=databases, names=settings.databases)
        limits = RemoteLimits(body_bytes=writes.limits.body_bytes)
        remote = RemoteWrites(writes=writes, metadata=self.metadata, limits=limits)
        self._write = PrometheusWriteFace(callers=callers, first_writes=first_writes, writes=remote)
        otlp = OtlpWrites(
            writes=writes,
            metadata=self.metadata,
            clock=clock,
            limits=OtlpLimits(body_bytes=writes.limits.body_bytes),
            columns=limits,
            left_out=settings.left_out,
        )
        self._otlp = OtlpFace(callers=callers, first_writes=first_writes, writes=otlp)

    def routes(self) -> list[Route]:
        return [*self._write.routes(), *self._otlp.routes()]
