"""What clients of 2.x ask about buckets."""

import json

from muster.core.databases.retention import PolicySpec
from muster.model.access import Role


async def create(server):
    login = server.influx_logins.login_of_nobody("")
    await server.databases.create(login, "d")
    await server.databases.create_policy(
        login, "d", PolicySpec(name="day", duration_ns=86_400 * 10**9)
    )
    await server.databases.create(login, "e")


async def names(server, headers=None, **query):
    answer = await server.ask("GET", "/api/v2/buckets", query, headers=headers)
    assert answer.status == 200
    return [each["name"] for each in json.loads(answer.body)["buckets"]]


async def test_a_bucket_is_a_policy_of_a_database(server):
    await create(server)

    assert await names(server) == ["d/autogen", "d/day", "e/autogen"]
    assert await names(server, name="d/day") == ["d/day"]
    assert await names(server, name="d") == ["d/autogen"]
    assert await names(server, name="x") == []
    assert await names(server, org="muster") == ["d/autogen", "d/day", "e/autogen"]
    assert await names(server, org="other") == []


async def test_how_long_a_bucket_keeps_is_told_in_seconds_and_its_id_stays(server):
    await create(server)
    first = await server.ask("GET", "/api/v2/buckets", {"name": "d/day"})
    second = await server.ask("GET", "/api/v2/buckets", {"name": "d/day"})
    (bucket,) = json.loads(first.body)["buckets"]

    assert bucket["retentionRules"] == [{"type": "expire", "everySeconds": 86_400}]
    assert len(bucket["id"]) == len(bucket["orgID"]) == 16
    assert first.body == second.body


async def test_the_one_organization_is_that_of_all_buckets(server):
    await create(server)
    (org,) = json.loads((await server.ask("GET", "/api/v2/orgs")).body)["orgs"]

    assert org["name"] == "muster"
    assert await names(server, org=org["id"]) == ["d/autogen", "d/day", "e/autogen"]


async def test_nobody_sees_buckets_before_there_is_an_admin_and_tokens_see_theirs(guarded):
    await create(guarded)
    headers = {"Authorization": f"Token {await guarded.hub_token(Role.VIEWER)}"}

    assert await names(guarded) == []
    assert await names(guarded, headers) == ["d/autogen", "d/day", "e/autogen"]


async def test_flux_is_not_spoken(server):
    answer = await server.ask("POST", "/api/v2/query", body=b"from(bucket: 1)")

    assert answer.status == 403
    assert answer.body.startswith(b"Flux query service disabled.")
