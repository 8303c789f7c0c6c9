"""Routes of dashboards. Who may what: test_authorisation.py."""

import msgspec
import pytest

from muster.core.dashboards.dashboards import ChangedMeanwhile
from muster.errors import Conflict, InputError, NotFound
from muster.faces.native.dashboards import DashboardFace
from muster.model.access import Actor, Role
from muster.net.http import Request
from muster.testing.dashboardhouse import DATABASE, DashboardHouse
from muster.testing.homestack import lines
from muster.testing.house import OPERATOR

BOARD = {
    "id": "disks",
    "title": "Disks",
    "database": DATABASE,
    "variables": [{"name": "host", "query": 'SHOW TAG VALUES FROM mem WITH KEY = "host"'}],
    "panels": [{"id": "p", "queries": [{"text": "SELECT last(used) FROM mem GROUP BY host"}]}],
}


@pytest.fixture
async def house(tmp_path):
    async with DashboardHouse(tmp_path) as house:
        await house.databases.create(house.login, DATABASE)
        await house.write(DATABASE, lines(house.clock.now_ns()))
        face = DashboardFace(
            dashboards=house.dashboards,
            links=house.links,
            queries=house.panel_queries,
            values=house.values,
            readers=house.readers,
        )
        routes = [*face.routes(), *face.data_routes()]
        house.routes = {f"{each.method} {each.path.split('/', 5)[-1]}": each for each in routes}
        yield house


async def call(house, route_name, *, body=None, actor=OPERATOR, headers=None, query=None, **match):
    route = house.routes[route_name]
    request = Request(
        method=route.method,
        path=route.path,
        match={"space": house.space.id, **match},
        actor=actor,
        headers=headers or {},
        query=query or {},
        body=msgspec.json.encode(body) if body is not None else b"",
    )
    answer = await route.handler(request)
    return answer, msgspec.json.decode(answer.body) if answer.body else None


async def save(house, **more):
    return await call(house, "PUT dashboards/{id}", body={**BOARD, **more}, id="disks")


def hour(house, **more):
    now_ns = house.clock.now_ns()
    return {"from_ns": now_ns - 3600 * 10**9, "to_ns": now_ns, **more}


async def test_a_dashboard_is_saved_listed_shown_and_removed(house):
    answer, saved = await save(house)
    _, rows = await call(house, "GET dashboards")
    shown_answer, shown = await call(house, "GET dashboards/{id}", id="disks")
    row = next(each for each in rows if each["id"] == "disks")

    assert saved == {"id": "disks", "etag": saved["etag"], "change": "created"}
    assert answer.headers["ETag"] == shown_answer.headers["ETag"] == f'"{saved["etag"]}"'
    assert (row["title"], row["built_in"], row["etag"]) == ("Disks", False, saved["etag"])
    assert shown["dashboard"]["panels"][0]["grid"] == {"x": 0, "y": 0, "w": 12, "h": 8}
    assert (shown["may_edit"], shown["may_share"]) == (True, True)
    assert (await call(house, "DELETE dashboards/{id}", id="disks"))[0].status == 204
    with pytest.raises(NotFound):
        await call(house, "GET dashboards/{id}", id="disks")


async def test_what_one_may_do_is_told(house):
    viewer = Actor(name="v", roles={house.space.id: Role.VIEWER})
    _, shown = await call(house, "GET dashboards/{id}", id="smart", actor=viewer)

    assert (shown["may_edit"], shown["may_share"], shown["built_in"]) == (False, False, True)


async def test_a_conflict_is_one_by_the_etag(house):
    _, first = await save(house)
    with pytest.raises(Conflict):
        await save(house, title="New")
    quoted = {"if-match": f'W/"{first["etag"]}"'}
    body = {**BOARD, "title": "New"}
    _, second = await call(house, "PUT dashboards/{id}", body=body, headers=quoted, id="disks")

    assert second["change"] == "changed"
    with pytest.raises(ChangedMeanwhile) as told:
        await call(house, "PUT dashboards/{id}", body=BOARD, headers=quoted, id="disks")
    assert told.value.status == 412
    with pytest.raises(ChangedMeanwhile):
        await call(house, "DELETE dashboards/{id}", headers=quoted, id="disks")


async def test_a_dry_run_keeps_nothing(house):
    dry = {"dry_run": "1"}
    _, saved = await call(house, "PUT dashboards/{id}", body=BOARD, query=dry, id="disks")

    assert saved["change"] == "created"
    with pytest.raises(NotFound):
        await call(house, "GET dashboards/{id}", id="disks")


async def test_a_document_is_checked_and_is_that_of_its_path(house):
    with pytest.raises(InputError, match=r"panels\[0\].grid"):
        await save(house, panels=[{"id": "p", "grid": {"x": 99}}])
    with pytest.raises(InputError, match="not the path's"):
        await save(house, id="other")
    with pytest.raises(InputError):
        await call(house, "PUT dashboards/{id}", body=[1], id="disks")


async def test_a_dashboard_is_exported_and_imported(house):
    await save(house)
    _, toml = await call(house, "POST dashboards/{id}/export", body={}, id="disks")
    wanted = {"format": "grafana"}
    _, grafana = await call(house, "POST dashboards/{id}/export", body=wanted, id="disks")
    _, ours = await call(house, "POST dashboards/import", body={"text": toml["text"]})
    _, theirs = await call(house, "POST dashboards/import", body={"text": grafana["text"]})

    assert (toml["name"], grafana["name"]) == ("disks.toml", "disks.json")
    assert ours["dashboard"]["panels"][0]["queries"] == theirs["dashboard"]["panels"][0]["queries"]
    assert theirs["not_carried"]


async def test_values_of_a_variable_are_offered(house):
    await save(house)
    ask = hour(house)
    _, kept = await call(
        house, "POST dashboards/{id}/variables/{name}", body=ask, id="disks", name="host"
    )
    given = {**BOARD["variables"][0], "database": DATABASE}
    _, new = await call(house, "POST influx/variable", body={**ask, "variable": given})

    assert [each["value"] for each in kept["values"]] == ["alder", "birch"]
    assert new == kept
    with pytest.raises(NotFound):
        await call(
            house, "POST dashboards/{id}/variables/{name}", body=ask, id="disks", name="none"
        )
    with pytest.raises(InputError):
        await call(house, "POST influx/variable", body=ask)


async def test_a_panel_is_answered_by_its_name_or_written_out(house):
    await save(house)
    kept = hour(house, dashboard="disks", panel="p")
    out = hour(house, queries=BOARD["panels"][0]["queries"], database=DATABASE)
    _, by_name = await call(house, "POST influx/query", body=kept)
    _, written = await call(house, "POST influx/query", body=out)

    assert by_name == written
    assert [each["tags"] for each in by_name["answers"][0]["series"]] == [
        {"host": "alder"},
        {"host": "birch"},
    ]


@pytest.mark.parametrize(
    ("ask", "kind"),
    [
        ({"dashboard": "disks", "panel": "none"}, NotFound),
        ({"dashboard": "none", "panel": "p"}, NotFound),
        ({"dashboard": "disks", "panel": "p", "queries": [{"text": "x"}]}, InputError),
        ({"from_ns": 9**25}, InputError),
    ],
)
async def test_what_is_not_there_is_not_answered(house, ask, kind):
    await save(house)

    with pytest.raises(kind):
        await call(house, "POST influx/query", body=hour(house, **ask))


async def test_a_file_that_cannot_be_used_is_in_the_list(house, tmp_path):
    await save(house)
    path = tmp_path / "dashboards" / house.space.id / "disks.toml"
    path.write_text("nonsense")
    _, rows = await call(house, "GET dashboards")
    row = next(each for each in rows if each["id"] == "disks")

    assert (row["title"], row["etag"]) == ("disks", "")
    assert "disks.toml:1: not TOML" in row["error"]


async def test_who_has_a_role_in_a_room_alone_sees_the_board_with_the_rooms_data(house):
    await save(house)
    room = await house.rooms.create(OPERATOR, house.space.id, "r")
    ann = Actor(name="ann", room_roles={room.id: Role.EDITOR})
    asked = {"body": hour(house, dashboard="disks", panel="p"), "actor": ann}
    _, rows = await call(house, "GET dashboards", actor=ann)
    _, shown = await call(house, "GET dashboards/{id}", actor=ann, id="disks")
    _, answer = await call(house, "POST influx/query", **asked)

    assert "disks" in [each["id"] for each in rows]
    assert (shown["may_edit"], shown["may_share"]) == (False, False)
    assert (answer["answers"][0]["error"], answer["answers"][0]["series"]) == ("", [])
    with pytest.raises(NotFound):
        await call(house, "GET dashboards", actor=Actor(name="bob", room_roles={"x": Role.ADMIN}))
