"""Every route of people, nodes and tokens, by everybody, on everybody's objects.

The table CASES must name every route, so a route without a rule fails here. Requests go
the way the server takes them: first what the route allows, then the handler.
"""

import json

import msgspec
import pytest

from muster.core.access import require
from muster.errors import Denied, MusterError, NotFound, Unauthenticated
from muster.faces.native import account, apitokens, audit, ca, enrol, inventory, tokens
from muster.faces.native.account import HubName
from muster.faces.native.nodeview import NodeViews
from muster.model.access import ALLOWED, Action, Actor, AuditEvent, Role, User
from muster.model.inventory import Link, NodeState, Space
from muster.net.http import Public, Request
from muster.pki import keys
from muster.testing.house import ADDRESSES, OPERATOR, House

AWAY = Space("0a0a0a0a-0000-4000-8000-000000000000", "Away")
EVENT = AuditEvent(time_ns=1, actor="a", action="t", object="o", address="", outcome="ok")
GOOD = "a good password"

# Per route: the object its path names, a body that works at home, and bodies that name an
# object of another space.
CASES = {
    "GET /api/v1/session": ("", None, ()),
    "POST /api/v1/session": ("", None, ()),
    "DELETE /api/v1/session": ("", None, ()),
    "POST /api/v1/session/password": ("", {"old": GOOD, "new": GOOD}, ()),
    "GET /api/v1/api-tokens": ("", None, ()),
    "POST /api/v1/api-tokens": (
        "",
        {"name": "ci", "user": "user home"},
        ({"user": "user away"}, {"user": "user away id"}),
    ),
    "DELETE /api/v1/api-tokens/{id}": ("api_token", None, ()),
    "GET /api/v1/users": ("", None, ()),
    "POST /api/v1/users": (
        "",
        {"name": "new", "password": GOOD, "role": "viewer"},
        ({"name": "new", "password": GOOD, "role": "admin", "space": "away"},),
    ),
    "PATCH /api/v1/users/{id}": ("user", {"role": "editor"}, ()),
    "DELETE /api/v1/users/{id}": ("user", None, ()),
    "GET /api/v1/nodes": ("", None, ()),
    "GET /api/v1/nodes/{id}": ("node", None, ()),
    "PATCH /api/v1/nodes/{id}": ("node", {"name": "db"}, ({"rooms": ["away room"]},)),
    "DELETE /api/v1/nodes/{id}": ("node", None, ()),
    "POST /api/v1/nodes/{id}/revoke": ("node", {"reason": "lost"}, ()),
    "POST /api/v1/nodes/{id}/ask": ("node", {"method": "status"}, ()),
    "GET /api/v1/rooms": ("", None, ()),
    "POST /api/v1/rooms": ("", {"name": "new"}, ({"name": "new", "space": "away"},)),
    "PATCH /api/v1/rooms/{id}": ("room", {"name": "other"}, ()),
    "DELETE /api/v1/rooms/{id}": ("room", None, ()),
    "GET /api/v1/tokens": ("", None, ()),
    "POST /api/v1/tokens": (
        "",
        {"uses": 1},
        ({"space": "away"}, {"rooms": ["away room"]}),
    ),
    "GET /api/v1/tokens/{id}": ("token", None, ()),
    "DELETE /api/v1/tokens/{id}": ("token", None, ()),
    "GET /api/v1/audit": ("", None, ()),
    "GET /api/v1/ca": ("", None, ()),
    "GET /v1/trust": ("", None, ()),
    "POST /v1/claim": ("", None, ()),
}


class Links:
    """Everything is offline and answers questions nevertheless."""

    def state_of(self, node):
        return NodeState.OFFLINE, "test"

    def link_of(self, node):
        return Link()

    async def ask(self, node, method, arguments):
        return {"node": node}


class Town(House):
    """A house with two spaces, an object of each kind in both, and all routes."""

    async def furnish(self):
        self.records.nodes.create_space(AWAY, EVENT)
        self.ids = {}
        for space in (self.space, AWAY):
            at = "home" if space is self.space else "away"
            room = await self.rooms.create(OPERATOR, space.id, "edge")
            made = await self.tokens.create(OPERATOR, space.id, rooms=[room.id])
            user = User(
                id=f"0b0b0b0b-0000-4000-8000-00000000{at}",
                name=f"user {at}",
                password_hash="",
                roles={space.id: Role.VIEWER},
                created_ns=1,
            )
            self.records.people.create_user(user, EVENT)
            node = await self._node(space, at)
            api_token = await self.api_tokens.create(OPERATOR, user=user.id)
            self.ids[at] = {
                "room": room.id,
                "token": made.record.id,
                "user": user.id,
                "node": node.id,
                "api_token": api_token.record.id,
            }
        links = Links()
        views = NodeViews(inventory=self.inventory, links=links, is_local=lambda node: False)
        hub = HubName(name="hub", version="1", id=self.authority.hub)
        self.routes = [
            *account.routes(accounts=self.accounts, inventory=self.inventory, hub=hub),
            *apitokens.routes(api_tokens=self.api_tokens),
            *inventory.routes(inventory=self.inventory, links=links, views=views),
            *tokens.routes(tokens=self.tokens, inventory=self.inventory),
            *audit.routes(audit=self.audit),
            *ca.routes(enrolment=self.enrolment),
            *enrol.routes(enrolment=self.enrolment, addresses=lambda: ADDRESSES),
        ]

    async def _node(self, space, at):
        from muster.core.claims import ClaimRequest, SecretProof
        from muster.model.inventory import Facts
        from muster.wire.claimtoken import decode_token

        made = await self.tokens.create(OPERATOR, space.id)
        token = decode_token(made.text.reveal())
        answer = await self.enrolment.claim(
            ClaimRequest(
                token_id=token.id,
                proof=SecretProof(token.secret),
                request=keys.make_request(keys.make_key()),
                facts=Facts(hostname=f"node {at}"),
            )
        )
        return answer.node

    def route(self, name):
        return next(each for each in self.routes if f"{each.method} {each.path}" == name)

    async def call(self, name, actor, at="home", body=None):
        """Serve a request as the server does; the answer, or the error's class."""
        route, kind = self.route(name), CASES[name][0]
        match = {"id": self.ids[at][kind]} if kind else {}
        request = Request(
            method=route.method,
            path=route.path,
            match=match,
            actor=actor,
            address="10.0.0.1",
            body=b"" if body is None else msgspec.json.encode(self._named(body)),
        )
        try:
            if isinstance(route.allow, Action):
                require(actor, route.allow)
            return await route.handler(request)
        except MusterError as error:
            return type(error)

    def _named(self, body):
        away = self.ids["away"]
        known = {"away": AWAY.id, "away room": away["room"], "user away id": away["user"]}
        return json.loads(
            json.dumps({key: _swap(value, known) for key, value in body.items()}),
        )


def _swap(value, known):
    if isinstance(value, list):
        return [known.get(each, each) for each in value]
    return known.get(value, value) if isinstance(value, str) else value


@pytest.fixture
async def town():
    town = Town()
    town.open()
    await town.furnish()
    yield town
    town.close()


def member(town, role, space=None):
    return Actor(name="user home", roles={(space or town.space).id: role}, session="x")


GUARDED = [name for name in CASES if "session" not in name and "/v1/trust" not in name]
GUARDED.remove("POST /v1/claim")
OBJECTS = [name for name in GUARDED if CASES[name][0]]
FOREIGN_BODIES = [(name, body) for name in GUARDED for body in CASES[name][2]]


async def test_every_route_has_its_case(town):
    assert {f"{each.method} {each.path}" for each in town.routes} == CASES.keys()


@pytest.mark.parametrize("name", GUARDED)
async def test_nobody_gets_in_without_signing_in(town, name):
    assert await town.call(name, None, body=CASES[name][1]) is Unauthenticated


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("name", GUARDED)
async def test_a_role_does_what_its_table_allows_and_nothing_else(town, name, role):
    answer = await town.call(name, member(town, role), body=CASES[name][1])
    if town.route(name).allow in ALLOWED[role]:
        assert answer.status in (200, 201, 204)
    else:
        assert answer is Denied


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("name", OBJECTS)
async def test_an_object_of_another_space_does_not_exist(town, name, role):
    before = town.records.audit.events(spaces=None, limit=1000)
    answer = await town.call(name, member(town, role), at="away", body=CASES[name][1])

    assert answer is (NotFound if town.route(name).allow in ALLOWED[role] else Denied)
    assert town.records.audit.events(spaces=None, limit=1000) == before


@pytest.mark.parametrize(("name", "body"), FOREIGN_BODIES)
async def test_an_object_of_another_space_named_in_a_body_does_not_exist(town, name, body):
    before = town.records.audit.events(spaces=None, limit=1000)
    answer = await town.call(name, member(town, Role.ADMIN), body=body)

    assert answer is NotFound
    assert town.records.audit.events(spaces=None, limit=1000) == before


@pytest.mark.parametrize("name", GUARDED)
@pytest.mark.parametrize("at", ["home", "away"])
async def test_the_operator_does_everything_everywhere(town, name, at):
    answer = await town.call(name, OPERATOR, at=at, body=CASES[name][1])
    if name.startswith("POST /api/v1/session"):
        return

    assert answer.status in (200, 201, 204)


@pytest.mark.parametrize(
    "name", ["GET /api/v1/nodes", "GET /api/v1/rooms", "GET /api/v1/users", "GET /api/v1/tokens"]
)
async def test_a_list_holds_what_is_of_ones_own_spaces_and_nothing_else(town, name):
    found = {}
    for space in (town.space, AWAY):
        answer = await town.call(name, member(town, Role.ADMIN, space))
        found[space.name] = {each["id"] for each in json.loads(answer.body)}

    assert found["Home"]
    assert found["Away"]
    assert not found["Home"] & found["Away"]


async def test_the_audit_log_holds_nothing_of_another_space(town):
    answer = await town.call("GET /api/v1/audit", member(town, Role.ADMIN))
    spaces = {each["space"] for each in json.loads(answer.body)}

    assert town.space.id in spaces
    assert AWAY.id not in spaces


async def test_no_answer_holds_a_secret(town):
    for name in sorted(GUARDED, key=lambda name: name.startswith("DELETE")):
        answer = await town.call(name, OPERATOR, body=CASES[name][1])
        text = answer.body.decode()

        assert "argon2" not in text
        assert "PRIVATE" not in text
        assert "secret" not in text
        assert ("mst1." in text) is (name == "POST /api/v1/tokens")
        assert ("mat1_" in text) is (name == "POST /api/v1/api-tokens")


@pytest.mark.parametrize("role", Role)
async def test_an_api_token_of_another_in_the_same_space_is_an_admins_business(town, role):
    neighbour = Actor(name="neighbour", roles={town.space.id: role}, session="x")
    listed = await town.call("GET /api/v1/api-tokens", neighbour)
    ended = await town.call("DELETE /api/v1/api-tokens/{id}", neighbour)
    admin = role is Role.ADMIN

    assert len(json.loads(listed.body)) == admin
    assert ended.status == 204 if admin else ended is NotFound


@pytest.mark.parametrize("name", GUARDED)
async def test_an_api_token_does_what_its_role_allows_and_nothing_else(town, name):
    actor = Actor(name="user home", roles={town.space.id: Role.VIEWER}, token="t")
    answer = await town.call(name, actor, body=CASES[name][1])
    bound = ("POST /api/v1/api-tokens", "DELETE /api/v1/api-tokens/{id}")  # to a person
    if town.route(name).allow in ALLOWED[Role.VIEWER] and name not in bound:
        assert answer.status in (200, 201, 204)
    else:
        assert answer is Denied


async def test_public_routes_are_those_that_have_to_be(town):
    public = {
        f"{each.method} {each.path}": each.allow
        for each in town.routes
        if isinstance(each.allow, Public)
    }

    assert public == {
        "GET /api/v1/session": Public.SIGN_IN,
        "POST /api/v1/session": Public.SIGN_IN,
        "DELETE /api/v1/session": Public.SIGN_IN,
        "GET /v1/trust": Public.TRUST,
        "POST /v1/claim": Public.PROOF,
    }
