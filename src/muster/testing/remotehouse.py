"""The hub in memory with what other monitors write to: Prometheus, OpenTelemetry."""

from muster.hub.wires.remote import RemoteParts, RemoteSettings
from muster.net.http import Response, Route
from muster.testing.influxface import InfluxServer
from muster.wire.snappy import SNAPPY

V2 = "application/x-protobuf;proto=io.prometheus.write.v2.Request"
WRITE = "/api/v1/write"


class RemoteServer(InfluxServer):
    """Takes what senders of Prometheus send."""

    def more_routes(self) -> list[Route]:
        self.remote = RemoteParts(
            settings=RemoteSettings(),
            callers=self.callers,
            databases=self.databases,
            writes=self.writes,
            clock=self.clock,
        )
        return self.remote.routes()

    async def send(
        self, message: bytes, media: str = "application/x-protobuf", path: str = WRITE
    ) -> Response:
        """A message as Prometheus posts it."""
        headers = {"Content-Type": media, "Content-Encoding": "snappy"}
        return await self.ask("POST", path, headers=headers, body=SNAPPY.pack(message))
