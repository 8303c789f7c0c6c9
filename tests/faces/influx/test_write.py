"""Writes: who may, in which order things are looked at, and what is answered."""

import gzip
import json

import pytest

from muster.core.audit import make_event
from muster.model.access import Role
from muster.model.inventory import Space
from muster.testing.house import OPERATOR
from muster.testing.influxface import InfluxServer
from muster.wire.apitoken import encode_api_token
from muster.wire.lineparsed import LineLimits

POINT = b"m,t=a v=1 1577836800000000000\n"
WRITE = ("POST", "/write")
WRITE_V2 = ("POST", "/api/v2/write")


async def create(server, name="d"):
    await server.databases.create(server.influx_logins.login_of_nobody(""), name)


def error(response):
    return response.status, json.loads(response.body)["error"]


async def test_points_are_kept_and_answered_by_nothing(server):
    await create(server)
    answer = await server.ask(*WRITE, {"db": "d"}, body=POINT)

    assert (answer.status, answer.body, answer.content_type) == (204, b"", "application/json")
    assert list(server.stored(db="d").values()) == [1.0]


async def test_a_packed_body_is_unpacked_also_a_large_one(server):
    await create(server)
    lines = b"".join(b"m,t=%d v=%d 157783680000000000\n" % (at, at) for at in range(3_000))
    packed = gzip.compress(lines + bytes(100_000).replace(b"\0", b"#x\n"), 0)
    answer = await server.ask(
        *WRITE, {"db": "d"}, headers={"Content-Encoding": "gzip"}, body=packed
    )

    assert answer.status == 204
    assert len(server.stored()) == 3_000


async def test_a_packed_body_that_grows_over_the_limit_is_refused():
    with InfluxServer(limits=LineLimits(body_bytes=1_000)) as server:
        await create(server)
        packed = gzip.compress(b"#" * 100_000)
        answer = await server.ask(
            *WRITE, {"db": "d"}, headers={"Content-Encoding": "gzip"}, body=packed
        )
        plain = await server.ask(*WRITE, {"db": "d"}, body=b"#" * 1_001)

    assert error(answer) == error(plain) == (413, "Request Entity Too Large")


@pytest.mark.parametrize(
    ("query", "status", "text"),
    [
        ({}, 400, "database is required"),
        ({"db": ""}, 400, "database is required"),
        ({"db": "nodb"}, 404, 'database not found: "nodb"'),
        ({"db": "d", "rp": "norp"}, 500, "retention policy not found: norp"),
        ({"db": "d", "precision": "x"}, 400, 'invalid precision "x" (use n, u, ms, s, m or h)'),
        ({"db": "d", "consistency": "x"}, 400, "invalid consistency level"),
        (
            {"db": "muster"},
            403,
            "database muster is built in: it holds what agents send, for reading",
        ),
    ],
)
async def test_what_cannot_be_written_to_is_told(server, query, status, text):
    await create(server)

    assert error(await server.ask(*WRITE, query, body=POINT)) == (status, text)
    assert server.stored() == {}


async def test_a_full_disk_is_no_fault_of_who_writes(server):
    await create(server)
    server.journal.full = True
    answer = await server.ask(*WRITE, {"db": "d"}, body=POINT)

    assert error(answer) == (503, "the disk is full")
    assert answer.headers["Retry-After"] == "3"


async def test_who_is_not_known_is_refused_before_the_body_is_read(guarded):
    await create(guarded)
    await guarded.ask(
        "POST", "/query", {"q": "CREATE USER root WITH PASSWORD 'x' WITH ALL PRIVILEGES"}
    )
    route, _ = guarded.router.find(*WRITE)
    answer = await guarded.ask(*WRITE, {"db": "d"}, body=b"x" * (route.max_body_bytes + 1))

    assert error(answer) == (401, "unable to parse authentication credentials")
    assert answer.headers["WWW-Authenticate"] == 'Basic realm="InfluxDB"'


async def test_before_there_is_an_admin_nobody_writes(guarded):
    await create(guarded)
    answer = await guarded.ask(*WRITE, {"db": "d"}, body=POINT)

    assert error(answer) == (403, 'user is required to write to database "d"')


async def test_a_node_writes_as_itself_whatever_else_it_shows(certified):
    await create(certified)
    node = certified.node()
    query = {"db": "d", "u": "root", "p": "wrong"}
    answer = await certified.ask(
        *WRITE, query, body=b"m,host=liar,node=x v=1 1577836800000000000", peer=node
    )
    (hidden,) = certified.stamps()

    assert answer.status == 204
    assert dict(hidden)["node"] == node.node
    assert certified.stored(host=f"host of {node.node}")


async def test_a_node_is_told_in_the_words_of_2_x_at_its_paths(certified):
    """As outputs.influxdb_v2 of Telegraf reads them; of others its log has no reason."""
    node = certified.node()
    certified.revoked.add(node.node)
    query = {"bucket": "d", "org": "muster"}
    answer = await certified.ask("POST", "/api/v2/write", query, body=b"m v=1", peer=node)

    found = json.loads(answer.body)
    assert (answer.status, found["code"]) == (403, "forbidden")
    assert "revoked" in found["message"]


async def test_a_node_whose_certificate_was_revoked_writes_no_more(certified):
    await create(certified)
    node = certified.node()
    certified.revoked.add(node.node)

    assert error(await certified.ask(*WRITE, {"db": "d"}, body=POINT, peer=node))[0] == 403
    assert certified.stored() == {}


async def test_a_database_of_another_space_is_not_there_for_a_token(guarded):
    away = Space("0a0a0a0a-0000-4000-8000-000000000000", "Away")
    guarded.records.nodes.create_space(away, make_event(guarded.clock, OPERATOR, "x", "x"))
    await create(guarded)
    token = await guarded.hub_token(Role.ADMIN, away.id)
    headers = {"Authorization": f"Token {token}"}
    answer = await guarded.ask(*WRITE, {"db": "d"}, headers=headers, body=POINT)

    assert error(answer) == (404, 'database not found: "d"')
    assert guarded.stored() == {}


async def test_a_token_that_only_reads_writes_nothing(guarded):
    await create(guarded)
    headers = {"Authorization": f"Token {await guarded.hub_token(Role.VIEWER)}"}
    v1 = await guarded.ask(*WRITE, {"db": "d"}, headers=headers, body=POINT)
    v2 = await guarded.ask(*WRITE_V2, {"bucket": "d"}, headers=headers, body=POINT)

    assert v1.status == 403
    assert json.loads(v2.body) == {
        "code": "forbidden",
        "message": "insufficient permissions for write",
    }


@pytest.mark.parametrize("bucket", ["d", "d/autogen"])
async def test_a_bucket_is_a_database_or_a_policy_of_it(guarded, bucket):
    await create(guarded)
    headers = {"Authorization": f"Token {await guarded.hub_token(Role.EDITOR)}"}
    query = {"bucket": bucket, "org": "", "precision": "s"}
    answer = await guarded.ask(*WRITE_V2, query, headers=headers, body=b"m v=1 1577836800")

    assert answer.status == 204
    assert [key[3] for key in guarded.stored()] == [1_577_836_800_000_000_000]


@pytest.mark.parametrize(
    ("query", "body", "status", "message"),
    [
        ({"bucket": "x"}, POINT, 404, 'bucket "x" not found'),
        ({"bucket": "d/x"}, POINT, 404, 'bucket "d/x" not found'),
        (
            {"bucket": "d", "precision": "h"},
            POINT,
            400,
            "invalid precision; valid precision units are ns, us, ms, and s",
        ),
        ({"bucket": "d"}, b"m", 400, "unable to parse 'm': missing fields"),
        (
            {"bucket": "d"},
            b"m\nm v=1\n",
            422,
            "failure writing points to database: partial write: unable to parse 'm':"
            " missing fields dropped=0",
        ),
    ],
)
async def test_tokens_of_the_hub_are_answered_as_2x_does(guarded, query, body, status, message):
    await create(guarded)
    headers = {"Authorization": f"Token {await guarded.hub_token(Role.EDITOR)}"}
    answer = await guarded.ask(*WRITE_V2, query, headers=headers, body=body)

    assert (answer.status, json.loads(answer.body)["message"]) == (status, message)


async def test_a_token_that_is_not_known_is_refused_as_2x_does(guarded):
    token = encode_api_token(b"1" * 32).reveal()
    headers = {"Authorization": f"Token {token}"}
    answer = await guarded.ask(*WRITE_V2, {"bucket": "d"}, headers=headers)

    assert answer.status == 401
    assert json.loads(answer.body) == {"code": "unauthorized", "message": "unauthorized access"}


async def test_other_methods_are_not_allowed(server):
    assert (await server.ask("GET", "/write")).body == b"Method Not Allowed\n"


async def test_nothing_is_written_to_a_policy_that_is_not_there_either(server):
    await server.ask("POST", "/query", {"q": "CREATE DATABASE d"})

    missing = await server.ask("POST", "/write", {"db": "d", "rp": "nope"})
    there = await server.ask("POST", "/write", {"db": "d"})

    assert (missing.status, there.status) == (500, 204)
    assert b"retention policy not found: nope" in missing.body


async def test_an_error_comes_in_the_type_that_is_asked_for(server):
    await create(server)
    answer = await server.ask(*WRITE, {"db": "d"}, headers={"Accept": "text/csv"}, body=b"m")

    assert answer.content_type == "text/csv"
    assert answer.body == b"error\nunable to parse 'm': missing fields\n"
