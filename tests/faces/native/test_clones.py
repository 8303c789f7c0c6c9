import json

import pytest

from muster.core.enrolment.holders import IdentityCopied
from muster.errors import Denied, NotFound
from muster.faces.native import clones
from muster.faces.native.clones import CloneFace
from muster.model.access import Actor, Role
from muster.net.http import Request
from muster.testing.copies import Desk
from muster.testing.house import OPERATOR


@pytest.fixture
async def desk(house):
    desk = Desk(house)
    desk.node_id = await desk.node()
    await desk.meet(desk.node_id, desk.run("web", "aaaa", 4))
    with pytest.raises(IdentityCopied):
        await desk.meet(desk.node_id, desk.run("copy", "bbbb", 4))
    return desk


async def ask(desk, method, path, actor=OPERATOR, body=None, **match):
    routes = CloneFace(
        clones=desk.clones,
        book=desk.book,
        holders=desk.holders,
        name_of=lambda node: "web",
    ).routes()
    route = next(each for each in routes if (each.method, each.path) == (method, path))
    data = json.dumps(body).encode() if body is not None else b""
    request = Request(method=method, path=path, match=match, actor=actor, body=data)
    answer = await route.handler(request)
    return json.loads(answer.body)


async def test_a_copy_is_listed_with_what_tells_it_from_the_first(desk):
    (clone,) = await ask(desk, "GET", "/api/v1/clones")

    assert (clone["node"], clone["name"], clone["state"]) == (desk.node_id, "web", "open")
    assert [each["hostname"] for each in clone["holders"]] == ["web", "copy"]
    assert clone["holders"][1]["differs"] == ["machine id", "hardware id", "network cards"]
    assert [each["here"] for each in clone["holders"]] == [True, True]
    assert "same time" in clone["text"]


async def test_a_row_of_a_node_says_that_it_has_a_copy(desk):
    summary = clones.summary_of(desk.book, desk.node_id)

    assert (summary.kind, summary.holders) == ("living", 2)
    assert clones.summary_of(desk.book, "other") is None


async def test_a_holder_is_forked_and_the_case_is_shown(desk):
    id = desk.book.open_of(desk.node_id).id
    path = "/api/v1/clones/{id}"
    done = await ask(desk, "POST", f"{path}/fork", body={"holder": "bbbb"}, id=id)
    shown = await ask(desk, "GET", path, id=id)

    assert done["holders"][1]["decision"] == "fork"
    assert shown["decided_by"] == "operator"
    assert "token" not in json.dumps(shown)


async def test_a_case_is_dismissed(desk):
    id = desk.book.open_of(desk.node_id).id
    done = await ask(desk, "POST", "/api/v1/clones/{id}/dismiss", body={}, id=id)

    assert done["state"] == "dismissed"


async def test_others_see_and_decide_nothing(desk):
    id = desk.book.open_of(desk.node_id).id
    stranger = Actor(name="eve", roles={"other": Role.ADMIN})
    editor = Actor(name="ed", roles={desk.house.space.id: Role.EDITOR})

    assert await ask(desk, "GET", "/api/v1/clones", stranger) == []
    for tail, body in (("fork", {"holder": "bbbb"}), ("dismiss", {})):
        with pytest.raises(NotFound):
            await ask(desk, "POST", f"/api/v1/clones/{{id}}/{tail}", stranger, body, id=id)
        with pytest.raises(Denied):
            await ask(desk, "POST", f"/api/v1/clones/{{id}}/{tail}", editor, body, id=id)
