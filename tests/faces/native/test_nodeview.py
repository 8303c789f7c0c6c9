"""A node as it is shown."""

import threading

import msgspec

from muster.core.changes import NodeChange
from muster.faces.native.nodeview import NodeView, NodeViews
from muster.model.identity import CredentialState
from muster.model.inventory import Link, NodeState
from muster.net.http import Request
from muster.net.packed import GrowingBody
from muster.pki import keys
from muster.pki.authority import identity_of
from muster.testing.house import OPERATOR

ASKED = Request(method="GET", path="/api/v1/nodes")


class Links:
    def state_of(self, node):
        return NodeState.STALE, "late"

    def link_of(self, node):
        return Link(last_seen_ns=99)


def views_of(house, local=""):
    return NodeViews(inventory=house.inventory, links=Links(), local=lambda: local)


async def test_a_view_holds_names_state_link_and_the_credential_in_force(house):
    answer = await house.claim(await house.token(rooms=("edge",)))
    (view,) = views_of(house, local=answer.node.id).some(house.inventory.nodes(OPERATOR))

    assert (view.name, view.space.name, view.rooms[0].name) == ("web", "Home", "edge")
    assert (view.state, view.cause, view.last_seen_ns) == (NodeState.STALE, "late", 99)
    assert view.local
    assert view.credential.state is CredentialState.NEXT
    assert view.credential.not_before_ns < view.credential.renew_ns < view.credential.not_after_ns


async def test_one_view_has_all_credentials_newest_first_and_the_active_one_in_force(house):
    answer = await house.claim(await house.token())
    der = keys.to_der(keys.load_chain(answer.chain)[0])
    await house.enrolment.activate(identity_of(der), der)
    house.clock.advance(60)
    await house.enrolment.renew(identity_of(der), keys.make_request(house.key))
    views = views_of(house)
    one = views.one(house.inventory.find(answer.node.id))

    assert [each.state.value for each in one.credentials] == ["next", "active"]
    assert one.credential.state is CredentialState.ACTIVE
    assert views.some([house.inventory.find(answer.node.id)])[0].credential == one.credential


async def test_a_view_tells_what_values_take_a_day_where_it_is_known(house):
    answer = await house.claim(await house.token())
    views = views_of(house)
    node = house.inventory.find(answer.node.id)
    assert views.one(node).bytes_day is None
    views.measured({node.id: 4_000_000}.get)

    assert views.one(node).bytes_day == 4_000_000


async def test_only_one_view_writes_credentials(house):
    await house.claim(await house.token())
    (node,) = house.inventory.nodes(OPERATOR)

    assert b'"credentials"' in msgspec.json.encode(views_of(house).one(node))
    assert b'"credentials"' not in msgspec.json.encode(views_of(house).some([node]))


async def test_a_list_of_those_that_fit_is_put_into_words_beside_the_event_loop(house):
    token = await house.token(uses=3)
    for _ in range(3):
        await house.claim(token, key=keys.make_key())
    nodes = house.inventory.nodes(OPERATOR)
    views = views_of(house)
    places = set()

    def fits(view):
        places.add(threading.current_thread() is threading.main_thread())
        return view.id != nodes[1].id

    body = GrowingBody(ASKED)
    await views.write(body, nodes, None, fits)

    found = msgspec.json.decode(body.response().body, type=list[NodeView])
    assert found == views.some([nodes[0], nodes[2]])
    assert places == {False}


async def test_a_node_put_into_words_at_the_start_is_told_as_it_is_when_asked_for(house):
    answer = await house.claim(await house.token())
    views = views_of(house)
    views.warm(house.inventory.nodes(OPERATOR))
    await house.inventory.edit(OPERATOR, answer.node.id, name="other")

    body = GrowingBody(ASKED)
    await views.write(body, house.inventory.nodes(OPERATOR), None)
    (told,) = msgspec.json.decode(body.response().body, type=list[NodeView])

    assert told.name == "other"
    assert [told] == views.some(house.inventory.nodes(OPERATOR))


async def test_the_whole_list_is_what_the_views_of_all_are_however_often_it_is_asked_for(house):
    token = await house.token(rooms=("edge",), uses=3)
    answers = [await house.claim(token, key=keys.make_key()) for _ in range(3)]
    views = views_of(house, local=answers[0].node.id)

    async def told():
        body = GrowingBody(ASKED)
        await views.write(body, house.inventory.nodes(OPERATOR), None)
        return msgspec.json.decode(body.response().body, type=list[NodeView])

    def shown():
        return views.some(house.inventory.nodes(OPERATOR))

    first = (await told(), shown())
    await house.inventory.edit(OPERATOR, answers[1].node.id, name="other", labels={"a": "b"})
    views.measured({answers[2].node.id: 5}.get)
    second = (await told(), shown())
    await house.inventory.remove(OPERATOR, answers[0].node.id)
    views.node_changed(answers[0].node.id, NodeChange.REMOVED)
    third = (await told(), shown())

    assert [given for given, _ in (first, second, third)] == [
        views for _, views in (first, second, third)
    ]
    assert "other" in {view.name for view in second[0]}
    assert len(third[0]) == 2
