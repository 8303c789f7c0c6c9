"""Remote read over HTTP: who may ask, and in which form answers come."""

import json

import pytest

from muster.core.promql.remotereads import RemoteReads
from muster.errors import Denied
from muster.faces.influx.callers import Way
from muster.faces.influx.prometheusread import PrometheusReadFace
from muster.promql.limits import Limits
from muster.testing.influxface import InfluxServer
from muster.testing.prommemory import MemorySource, series_of
from muster.testing.remotereading import frames_of, query, request
from muster.testing.remotewriting import part, series_v1
from muster.wire.prometheusread import ReadLimits
from muster.wire.snappy import SNAPPY

UP = {"__name__": "up", "job": "node"}
READ, INFLUX = "/api/v1/read", "/api/v1/prom/read"
ASKED = query(0, 9, (0, "__name__", "up"))


class Queries:
    """In the place of core.promql.promqueries.PromQueries: one series, for everybody but `x`."""

    def __init__(self):
        self.asked = []

    async def work(self, asked, answer, timeout_ms=0):
        self.asked.append(asked)
        if asked.database == "x":
            raise Denied("not this one")
        return answer(MemorySource([series_of(UP, [7], ["1"])]), Limits())


class ReadServer(InfluxServer):
    def more_routes(self):
        self.queries = Queries()
        reads = RemoteReads(queries=self.queries, limits=ReadLimits())
        return PrometheusReadFace(callers=self.callers, reads=reads).routes()


@pytest.fixture
def server():
    with ReadServer() as server:
        yield server


async def test_samples_are_answered_packed(server):
    answer = await server.ask("POST", READ, body=SNAPPY.pack(request(ASKED)))

    assert (answer.status, answer.content_type) == (200, "application/x-protobuf")
    assert answer.headers["Content-Encoding"] == "snappy"
    assert SNAPPY.unpack(answer.body, 100) == part(1, series_v1(UP, [(1.0, 7)]))


async def test_chunks_are_answered_in_frames(server):
    answer = await server.ask("POST", READ, body=SNAPPY.pack(request(ASKED, accepted=(1, 0))))

    assert answer.content_type.startswith("application/x-streamed-protobuf; proto=")
    assert "Content-Encoding" not in answer.headers
    assert [frame.labels for frame in frames_of(answer.body)] == [UP]


async def test_influxdbs_path_wants_a_database_and_answers_in_samples(server):
    body = SNAPPY.pack(request(ASKED, accepted=(1, 0)))
    malformed = await server.ask("POST", INFLUX)
    nameless = await server.ask("POST", INFLUX, body=body)
    answer = await server.ask("POST", INFLUX, {"db": "d", "rp": "long"}, body=body)

    assert json.loads(malformed.body) == {"error": "snappy: corrupt input"}
    assert json.loads(nameless.body) == {"error": "database is required"}
    assert answer.content_type == "application/x-protobuf"
    (asked,) = server.queries.asked
    assert (asked.database, asked.policy) == ("d", "long")


@pytest.mark.parametrize(
    ("body", "query_", "status"),
    [(b"\xff", {}, 400), (SNAPPY.pack(b"\x0a"), {}, 400), (SNAPPY.pack(b""), {"db": "x"}, 403)],
)
async def test_what_is_refused_is_told(server, body, query_, status):
    answer = await server.ask("POST", READ, query_, body=body)

    assert answer.status == status
    assert json.loads(answer.body)["error"]


async def test_who_is_nobody_reads_nothing():
    with ReadServer(Way.PASSWORD) as server:
        answer = await server.ask("POST", READ, body=SNAPPY.pack(request(ASKED)))

        assert answer.status in (401, 403)
        assert server.queries.asked == []
