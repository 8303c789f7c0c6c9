"""What other monitors write and read on InfluxDB's listener: Prometheus. Built by hand."""

import msgspec

from muster.core.databases import Databases
from muster.core.firstwrites import FirstWrites
from muster.core.metricmetadata import MetricMetadata
from muster.core.pointwrites import PointWrites
from muster.core.remotewrites import RemoteWrites
from muster.faces.influx.callers import Callers
from muster.faces.influx.prometheuswrite import DATABASE, PrometheusWriteFace
from muster.net.http import Route
from muster.wire.prometheusparts import RemoteLimits


class RemoteSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How samples of other monitors are taken."""

    databases: tuple[str, ...] = (DATABASE,)  # made when somebody who may writes to them first


class RemoteParts:
    """What of the hub only other monitors' wire needs."""

    def __init__(
        self,
        *,
        settings: RemoteSettings,
        callers: Callers,
        databases: Databases,
        writes: PointWrites,
    ) -> None:
        self.metadata = MetricMetadata()
        first_writes = FirstWrites(databases=databases, names=settings.databases)
        self._write = PrometheusWriteFace(
            callers=callers,
            first_writes=first_writes,
            writes=RemoteWrites(
                writes=writes,
                metadata=self.metadata,
                limits=RemoteLimits(body_bytes=writes.limits.body_bytes),
            ),
        )

    def routes(self) -> list[Route]:
        return self._write.routes()
