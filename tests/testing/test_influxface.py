"""A server in memory is asked as a listener asks."""

from muster.faces.influx.callers import Way
from muster.model.access import Role
from muster.testing.influxface import InfluxServer
from muster.wire.lineparsed import LineLimits


async def test_it_answers_requests():
    with InfluxServer(Way.PASSWORD) as server:
        token = await server.hub_token(Role.ADMIN)
        answer = await server.ask(
            "POST",
            "/query",
            {"q": "CREATE DATABASE d"},
            headers={"Authorization": f"Token {token}"},
        )

        assert answer.status == 200
        assert server.databases.find(server.space.id, "d") is not None


async def test_a_body_that_is_too_large_is_refused_as_a_listener_does():
    with InfluxServer(limits=LineLimits(body_bytes=3)) as server:
        await server.ask("POST", "/query", {"q": "CREATE DATABASE d"})
        assert (await server.ask("POST", "/write", {"db": "d"}, body=b"m v=1")).status == 413
