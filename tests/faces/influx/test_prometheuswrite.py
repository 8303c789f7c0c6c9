"""Remote write: which message it is, where samples go, and what is answered."""

import base64
import json
import math
import struct

import pytest

from muster.faces.influx.callers import Way
from muster.model.access import Role
from muster.testing.remotehouse import V2, WRITE, RemoteServer
from muster.testing.remotewriting import (
    STALE,
    STALE_BITS,
    metadata_v1,
    number,
    part,
    request_v2,
    series_v1,
)
from muster.wire.lineparsed import LineLimits
from muster.wire.snappy import SNAPPY

UP = {"__name__": "up", "instance": "a:9100", "job": "node"}
NOW_MS = 1_700_000_000_000
COUNTS = ("Samples", "Histograms", "Exemplars")
INFLUX = "/api/v1/prom/write"


@pytest.fixture
def server():
    with RemoteServer() as server:
        yield server


@pytest.fixture
def certified():
    with RemoteServer(Way.MTLS) as server:
        yield server


def counts(response):
    names = [f"X-Prometheus-Remote-Write-{each}-Written" for each in COUNTS]
    return tuple(response.headers.get(name) for name in names)


def error(response):
    return response.status, json.loads(response.body)["error"]


async def create(server, name="d"):
    await server.databases.create(server.influx_logins.login_of_nobody(""), name)


async def test_samples_of_1_0_are_kept_in_a_database_that_is_made(server):
    answer = await server.send(series_v1(UP, [(1.5, NOW_MS), (2.5, NOW_MS + 1)]))

    assert (answer.status, answer.body, counts(answer)) == (204, b"", (None,) * 3)
    stored = server.stored(db="prometheus")
    tags = (("instance", "a:9100"), ("job", "node"))
    assert stored["up", tags, "value", NOW_MS * 1_000_000] == 1.5
    assert len(stored) == 2


async def test_2_0_is_told_what_was_written(server):
    answer = await server.send(request_v2([(UP, [(1.5, NOW_MS)])], part(4, b"")), V2)

    assert (answer.status, counts(answer)) == (204, ("1", "0", "0"))
    assert list(server.stored(db="prometheus").values()) == [1.5]


async def test_native_histograms_are_kept_as_classic_ones(server):
    histogram = number(1, 3) + number(15, NOW_MS)
    old = await server.send(series_v1(UP, [(1.5, NOW_MS)], part(4, histogram)))
    new = await server.send(request_v2([(UP, [(1.5, NOW_MS)])], part(3, histogram)), V2)

    assert (old.status, new.status, counts(new)) == (204, 204, ("1", "1", "0"))
    stored = {measurement: value for (measurement, *_), value in server.stored().items()}
    assert stored == {"up": 1.5, "up_bucket": 3.0, "up_count": 3.0, "up_sum": 0.0}


async def test_a_native_histogram_that_is_not_kept_is_no_success(server):
    answer = await server.send(request_v2([(UP, [(1.5, NOW_MS)])], part(3, b"\x0b")), V2)

    assert answer.status == 400
    assert counts(answer) == ("1", "0", "0")


async def test_series_that_are_refused_are_told_and_others_are_written(server):
    good, bad = (UP, [(1.5, NOW_MS)]), ({"job": "x"}, [(1.0, NOW_MS), (2.0, NOW_MS)])
    answer = await server.send(request_v2([good, bad]), V2)

    text = "partial write: 1 samples written, 2 dropped: series 2: no label __name__"
    assert error(answer) == (400, text)
    assert counts(answer) == ("1", "0", "0")


async def test_what_the_store_refuses_is_told_with_the_rest(server):
    named = {"__name__": "up", "time": "x"}
    answer = await server.send(series_v1(named, [(1.0, 7)]) + series_v1(UP, [(1.5, NOW_MS)]))

    assert error(answer) == (
        400,
        "partial write: 1 samples written, 1 dropped:"
        ' invalid tag key: input tag "time" on measurement "up" is invalid',
    )


async def test_stale_markers_are_kept_with_their_bits(server):
    await server.send(series_v1(UP, [(STALE, NOW_MS)]))

    (value,) = server.stored().values()
    assert struct.unpack("<Q", struct.pack("<d", value)) == (STALE_BITS,)


async def test_influxdbs_path_keeps_finite_numbers_alone(server):
    await create(server)
    samples = [(STALE, NOW_MS), (math.inf, NOW_MS + 1), (1.5, NOW_MS + 2)]
    body = SNAPPY.pack(series_v1(UP, samples))
    answer = await server.ask("POST", INFLUX, {"db": "d"}, body=body)

    assert answer.status == 204
    assert list(server.stored(db="d").values()) == [1.5]


async def test_influxdbs_path_wants_a_database_and_does_not_make_it(server):
    nameless = await server.ask("POST", INFLUX, body=b"")
    strange = await server.ask("POST", INFLUX, {"db": "nodb"}, body=b"")

    assert error(nameless) == (400, "database is required")
    assert error(strange) == (404, 'database not found: "nodb"')


@pytest.mark.parametrize("path", [WRITE, INFLUX])
async def test_what_is_no_block_is_refused_in_influxdbs_words(server, path):
    await create(server)
    answer = await server.ask("POST", path, {"db": "d"}, body=b"\xff\xff")

    assert error(answer) == (400, "snappy: corrupt input")


async def test_what_is_no_message_is_refused_with_its_place(server):
    assert error(await server.send(b"\x0a")) == (
        400,
        "protobuf: the message ends inside a field at byte 1",
    )


@pytest.mark.parametrize(
    ("media", "packing"),
    [
        ("text/plain", "snappy"),
        ("application/x-protobuf;proto=io.prometheus.write.v3.Request", "snappy"),
        ("application/x-protobuf", "zstd"),
        ("application/x-protobuf", "gzip"),
    ],
)
async def test_what_is_not_read_is_415_before_the_body_is(server, media, packing):
    headers = {"Content-Type": media, "Content-Encoding": packing}
    answer = await server.ask("POST", WRITE, headers=headers, body=b"?")

    assert answer.status == 415


async def test_a_bomb_is_413():
    with RemoteServer(limits=LineLimits(body_bytes=1_000)) as server:
        answer = await server.send(bytes(100_000))

    assert answer.status == 413


async def test_a_disk_that_is_full_is_told_so_that_the_sender_comes_again(server):
    server.journal.full = True
    answer = await server.send(request_v2([(UP, [(1.5, NOW_MS)])]), V2)

    assert (answer.status, answer.headers["Retry-After"]) == (503, "3")
    assert counts(answer) == ("0", "0", "0")


async def test_a_policy_that_is_not_there_is_told(server):
    await create(server)
    body = SNAPPY.pack(series_v1(UP, [(1.5, NOW_MS)]))
    answer = await server.ask("POST", WRITE, {"db": "d", "rp": "norp"}, body=body)

    assert error(answer) == (500, "retention policy not found: norp")


async def test_a_node_writes_as_itself(certified):
    body = SNAPPY.pack(series_v1({**UP, "host": "b"}, [(1.5, NOW_MS)]))
    node = certified.node()
    answer = await certified.ask("POST", WRITE, body=body, peer=node)

    assert answer.status == 204
    (stamps,) = certified.stamps()
    assert dict(stamps)["node"] == node.node
    (cell,) = certified.stored()
    assert ("host", f"host of {node.node}") in cell[1]


async def test_a_node_that_was_revoked_writes_nothing(certified):
    certified.revoked.add(certified.node().node)
    answer = await certified.ask("POST", WRITE, body=b"", peer=certified.node())

    assert answer.status == 403
    assert certified.databases.find(certified.space.id, "prometheus") is None


async def test_who_shows_no_password_is_let_in_nowhere():
    with RemoteServer(Way.PASSWORD) as server:
        answer = await server.send(series_v1(UP, [(1.5, NOW_MS)]))

        assert answer.status in (401, 403)
        assert server.databases.listed(server.space.id) == []


@pytest.mark.parametrize("role", [Role.EDITOR, Role.VIEWER])
async def test_a_token_of_the_hub_opens_what_its_owner_may_write(role):
    with RemoteServer(Way.PASSWORD) as server:
        token = await server.hub_token(role)
        body = SNAPPY.pack(series_v1(UP, [(1.5, NOW_MS)]))
        plain = base64.b64encode(f"x:{token}".encode()).decode()
        answers = [
            await server.ask("POST", WRITE, headers={"Authorization": text}, body=body)
            for text in (f"Token {token}", f"Basic {plain}")
        ]

        may = role is Role.EDITOR
        assert [answer.status for answer in answers] == [204 if may else 403] * 2
        made = server.databases.find(server.space.id, "prometheus")
        assert (made is not None) == may


async def test_what_senders_say_of_metrics_is_known(server):
    await server.send(metadata_v1("up", 2, "is it there"))
    await server.send(request_v2([({"__name__": "down"}, [(1.0, NOW_MS)])], kind=1), V2)

    known = server.remote.metadata.of(server.space.id, "prometheus")
    assert (known["up"].help, known["down"].type) == ("is it there", 1)
