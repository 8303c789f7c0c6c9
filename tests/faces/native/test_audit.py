"""The routes of the audit log."""

import json

import pytest

from muster.errors import InputError
from muster.faces.native.audit import AuditFace
from muster.net.http import Request
from muster.testing.house import OPERATOR


async def ask(house, path, query):
    (route,) = (each for each in AuditFace(audit=house.audit).routes() if each.path == path)
    request = Request(method="GET", path=route.path, query=query, actor=OPERATOR)
    return json.loads((await route.handler(request)).body)


async def events(house, **query):
    return await ask(house, "/api/v1/audit", query)


async def verify(house, **query):
    return await ask(house, "/api/v1/audit/verify", query)


async def test_events_come_newest_first_and_page_by_id(house):
    await house.token()
    await house.token()
    first = await events(house, limit="1")
    rest = await events(house, before=str(first[0]["id"]))

    assert [each["action"] for each in first + rest] == [
        "token.create",
        "token.create",
        "space.create",
    ]
    assert first[0]["actor"] == "operator"
    assert first[0]["outcome"] == "ok"


@pytest.mark.parametrize("text", ["x", "-1", "1.5", "0", "1001", "9" * 19, "²"])
async def test_a_limit_that_is_none_is_refused(house, text):
    with pytest.raises(InputError):
        await events(house, limit=text)


async def test_events_after_an_id_come_oldest_first(house):
    await house.token()
    await house.token()
    everything = await events(house, after="0")

    assert [each["id"] for each in everything] == [1, 2, 3]
    assert await events(house, after="2") == everything[2:]


async def test_the_chain_is_verified_and_what_was_noted_is_found_in_it(house):
    await house.token()
    (newest,) = await events(house, limit="1")
    report = await verify(house, event=str(newest["id"]), hash=newest["hash"])

    assert report["ok"]
    assert report["events"] == 2
    assert report["newest"] == {"id": newest["id"], "hash": newest["hash"]}
    assert (await verify(house))["fault"] is None


async def test_a_noted_hash_that_is_not_in_the_chain_is_told(house):
    report = await verify(house, event="1", hash="f" * 64)

    assert not report["ok"]
    assert report["fault"]["event"] == 1
    assert report["fault"]["what"] == "altered"


@pytest.mark.parametrize(
    "query",
    [{"event": "1"}, {"hash": "f" * 64}, {"event": "1", "hash": "x" * 64}, {"event": "x"}],
)
async def test_half_a_noted_event_is_refused(house, query):
    with pytest.raises(InputError):
        await verify(house, **query)
