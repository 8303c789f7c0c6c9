"""Routes of public links. Who may what: test_authorisation.py."""

import msgspec
import pytest

from muster.errors import InputError, NotFound, Unauthenticated
from muster.faces.native.dashboardlinks import LinkFace, PublicFace
from muster.net.http import Request
from muster.testing.dashboardhouse import DashboardHouse
from muster.testing.house import OPERATOR


@pytest.fixture
async def house(tmp_path):
    async with DashboardHouse(tmp_path) as house:
        face = LinkFace(links=house.links, own_address=lambda: "https://hub", prefix="/m")
        public = PublicFace(links=house.links, boards=house.public, inventory=house.inventory)
        routes = [*face.routes(), *public.routes()]
        house.routes = {f"{each.method} {each.path.rsplit('/', 1)[-1]}": each for each in routes}
        yield house


async def call(house, route_name, *, body=None, link=None, match=None):
    """As the server does: first what looks at the request before its body is read."""
    route = house.routes[route_name]
    request = Request(
        method=route.method,
        path=route.path,
        match={"space": house.space.id, "id": "smart", **(match or {})},
        actor=OPERATOR if route.before is None else None,
        headers={"x-muster-link": link} if link is not None else {},
        address="10.0.0.1",
        body=msgspec.json.encode(body) if body is not None else b"",
    )
    if route.before is not None:
        request = msgspec.structs.replace(request, admitted=await route.before(request))
    answer = await route.handler(request)
    return answer, msgspec.json.decode(answer.body) if answer.body else None


async def test_a_link_is_made_listed_used_and_ended(house):
    answer, made = await call(house, "POST links", body={"name": "hall", "days": 1})
    _, shown = await call(house, "GET dashboard", link=made["token"])
    _, listed = await call(house, "GET links")

    assert answer.status == 201
    assert made["url"] == f"https://hub/m/shared#{made['token']}"
    assert (shown["dashboard"]["id"], shown["name"]) == ("smart", "hall")
    assert shown["space"] == house.space.name
    assert "SELECT" not in msgspec.json.encode(shown).decode()
    assert [each["state"] for each in listed] == ["valid"]
    assert listed[0]["used_ns"] == house.clock.now_ns()
    assert made["token"] not in msgspec.json.encode(listed).decode()
    ended, _ = await call(house, "DELETE {link}", match={"link": made["link"]["id"]})
    assert ended.status == 204
    with pytest.raises(Unauthenticated):
        await call(house, "GET dashboard", link=made["token"])


@pytest.mark.parametrize("link", [None, "", "mdl1.x", "mat1_x"])
async def test_without_a_link_nothing_is_shown(house, link):
    for name in ("GET dashboard", "POST query", "POST {name}"):
        with pytest.raises(Unauthenticated):
            await call(house, name, link=link, body={}, match={"name": "host"})


async def test_panels_and_variables_of_the_dashboard_are_answered(house):
    _, made = await call(house, "POST links", body={})
    now_ns = house.clock.now_ns()
    ask = {"from_ns": now_ns - 10**9, "to_ns": now_ns}
    _, answer = await call(
        house, "POST query", link=made["token"], body={**ask, "panel": "devices"}
    )
    _, values = await call(
        house, "POST {name}", link=made["token"], body=ask, match={"name": "host"}
    )

    assert [each["error"] for each in answer["answers"]] == [""]
    assert values == {"values": [], "more": 0}
    with pytest.raises(NotFound):
        await call(house, "POST query", link=made["token"], body={**ask, "panel": "uptime"})
    with pytest.raises(InputError):
        await call(house, "POST query", link=made["token"], body={"panel": "devices"})
