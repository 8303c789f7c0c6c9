"""The route of the audit log."""

import json

import pytest

from muster.errors import InputError
from muster.faces.native import audit
from muster.net.http import Request
from muster.testing.house import OPERATOR


async def events(house, **query):
    (route,) = audit.routes(audit=house.audit)
    request = Request(method="GET", path=route.path, query=query, actor=OPERATOR)
    return json.loads((await route.handler(request)).body)


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
