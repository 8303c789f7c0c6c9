"""Every route of a hub, by everybody, on everybody's objects.

The routes are those of a whole hub, what each needs stands in authorisation.py: a route
without a line there fails here. Requests go the way the server takes them: first what the
route allows, then the handler. Every call has objects of its own, so nothing wears out.
"""

import asyncio
import itertools
import json
from pathlib import Path

import msgspec
import pytest
from authorisation import ADMINS_ONLY, CASES, FRESH, PUBLIC

from muster.clock import SECOND_NS, ManualClock
from muster.core.access import may, require
from muster.core.certificates.services import Asked
from muster.core.changes import NodeChange
from muster.core.people.foreignlinks import id_of
from muster.errors import MusterError, StepUpRequired
from muster.hub.assembly.foundation import Foundation
from muster.hub.assembly.parts import Parts
from muster.hub.assembly.routes import Routes
from muster.hub.kits.bundle import InstallSettings
from muster.hub.places import Places
from muster.hub.settings import Settings
from muster.model.access import (
    ALLOWED,
    ALLOWED_IN_ROOM,
    Action,
    Actor,
    AuditEvent,
    Role,
    User,
)
from muster.model.approval import Kind, WaitingClaim
from muster.model.clone import Clone, CloneHolder, CloneKind, CloneState, Holder
from muster.model.dashboard import Dashboard, Variable, VariableKind
from muster.model.inventory import Node, Space
from muster.model.probe import PingProbe
from muster.model.signin import ForeignIdentity, Passkey
from muster.net.guards import require_fresh
from muster.net.http import Public, Request
from muster.pki import keys
from muster.store.records.nodes import add_node
from muster.testing.house import OPERATOR

AWAY = Space("0a0a0a0a-0000-4000-8000-000000000000", "Away")
EVENT = AuditEvent(time_ns=1, actor="a", action="t", object="o", address="", outcome="ok")
UNAUTHENTICATED, DENIED, NOT_FOUND = 401, 403, 404
FORMS = ("person", "token")


class Town:
    """A whole hub that serves nobody, with two spaces and a room in each."""

    def __init__(self, folder):
        self.folder = folder
        # A build with its own Python takes seconds, and no right depends on it.
        settings = Settings(
            data=folder, install=InstallSettings(standalone=False, wheels=Path("none"))
        )
        places, clock = Places(folder), ManualClock()
        self.foundation = Foundation(settings=settings, places=places, clock=clock)
        self.foundation.open()
        self.records = self.foundation.records
        self.clock = clock
        self.parts = Parts(
            settings=settings, places=places, clock=clock, foundation=self.foundation
        )
        self.parts.plane.open()
        self.home = self.parts.inventory.ensure_space("Home")
        self.records.nodes.create_space(AWAY, EVENT)
        self.spaces = {"home": self.home, "away": AWAY}
        self.numbers = itertools.count(1)
        self.listeners = Routes(self.parts)
        known = self.listeners.all_api_routes()
        self.routes = {f"{each.method} {each.path}": each for each in known}
        made = asyncio.run(self.set_up())
        self.room, self.user = made

    async def set_up(self):
        """The room in which some have a role, and who acts in all tests."""
        room = await self.parts.rooms.create(OPERATOR, self.home.id, "edge")
        await self.parts.rooms.create(OPERATOR, AWAY.id, "edge")
        user = self.add_user("ada", self.home, Role.ADMIN)
        self.add_user("keeper", self.home, Role.ADMIN)
        return room, user

    def close(self):
        self.foundation.close()

    def id(self):
        return f"0b0b0b0b-0000-4000-8000-{next(self.numbers):012d}"

    def add_user(self, name, space, role=Role.VIEWER):
        user = User(id=self.id(), name=name, password_hash="", roles={space.id: role}, created_ns=1)
        self.records.people.create_user(user, EVENT)
        return user

    def actor(self, who, form="person"):
        """Somebody: `viewer`, `away admin`, `room editor` ..."""
        if who == "nobody":
            return None
        *where, role = who.split()
        proof = {"session": "x"} if form == "person" else {"token": "t"}
        proof["reaches_hub"] = not where and role == "admin"
        if where == ["room"]:
            return Actor(name="ada", room_roles={self.room.id: Role(role)}, **proof)
        space = AWAY if where == ["away"] else self.home
        return Actor(name="ada", roles={space.id: Role(role)}, **proof)

    async def call(self, name, actor, **given):
        """Serve a request as the server does; the status and the answer's body."""
        return await self.serve(await self.request(name, actor, **given))

    async def request(self, name, actor, *, at="home", body=None, query=None, in_room=False):
        """A request that names a new object of a space, in the room or not."""
        route, case = self.routes[name], CASES[name]
        match = {}
        if case.kind:
            made = await self.make(case.kind, at, in_room=in_room)
            match = made if isinstance(made, dict) else {"id": made}
        given = case.body if body is None else body
        return Request(
            method=route.method,
            path=route.path,
            match=match,
            query=await self.filled(query or {}),
            actor=actor,
            address="10.0.0.1",
            headers={"host": "hub.example"},
            body=b"" if given is None else msgspec.json.encode(await self.filled(given)),
        )

    async def serve(self, request):
        route = self.routes[f"{request.method} {request.path}"]
        try:
            require(request.actor, route.allow)
            if route.socket is not None:
                return 200, b""
            answer = await route.handler(request)
        except MusterError as error:
            return error.status, str(error).encode()
        return answer.status, answer.body

    async def is_hidden(self, name, actor, **given):
        """Whether an object does not exist for an actor; what tries to reach it leaves no trace."""
        request = await self.request(name, actor, **given)
        before = self.events()
        status, _ = await self.serve(request)
        assert self.events() == before
        return status == (NOT_FOUND if may(actor, self.routes[name].allow) else DENIED)

    def events(self):
        return self.records.audit.events(spaces=None, limit=1)

    async def filled(self, value):
        """With ids in place of words like `away:room`, and every `new` one of its own."""
        if isinstance(value, dict):
            pairs = [(await self.filled(key), await self.filled(own)) for key, own in value.items()]
            return dict(pairs)
        if isinstance(value, list):
            return [await self.filled(each) for each in value]
        if isinstance(value, str) and value.partition(":")[0] in self.spaces:
            at, _, kind = value.partition(":")
            return await self.make(kind, at)
        if value == "a new request":
            return keys.make_request(keys.make_key())
        if value == "a new name":
            return f"name {next(self.numbers)}"
        return value

    async def make(self, kind, at, *, in_room=False):
        """A new object of a kind; its id, or what stands for each variable of a path."""
        return await MAKERS[kind](self, self.spaces[at], at, in_room)


async def make_space(town, space, at, in_room):
    return space.id


async def make_room(town, space, at, in_room):
    name = f"room {next(town.numbers)}"
    return (await town.parts.rooms.create(OPERATOR, space.id, name)).id


async def make_node(town, space, at, in_room):
    rooms = (town.room.id,) if in_room else ()
    node = Node(id=town.id(), space=space.id, name=town.id(), created_ns=1, rooms=rooms)
    with town.records.nodes._database.change() as writer:
        add_node(writer, node)
    town.parts.changes.tell(node.id, NodeChange.CLAIMED)
    return node.id


async def make_clone(town, space, at, in_room):
    holders = tuple(CloneHolder(holder=Holder(instance=each)) for each in "ab")
    clone = Clone(
        id=town.id(),
        node=await make_node(town, space, at, in_room),
        space=space.id,
        kind=CloneKind.TURNS,
        state=CloneState.OPEN,
        holders=holders,
        created_ns=1,
        changed_ns=1,
    )
    await town.parts.copying.book.save(clone, OPERATOR, "node.clone")
    return clone.id


async def make_token(town, space, at, in_room):
    return (await town.parts.tokens.create(OPERATOR, space.id)).record.id


async def make_passkey(town, space, at, in_room):
    """At home one of who acts."""
    owner = town.user.id if at == "home" else await make_user(town, space, at, in_room)
    passkey = Passkey(
        id=town.id(),
        user=owner,
        name="key",
        domain="hub.example",
        public_key=b"",
        sign_count=0,
        created_ns=1,
    )
    town.records.passkeys.add_passkey(passkey, EVENT, most=100_000)
    return passkey.id


async def make_identity(town, space, at, in_room):
    """At home one of who acts, who has another to sign in by."""
    owner = town.user.id if at == "home" else await make_user(town, space, at, in_room)
    for _ in range(2):
        identity = ForeignIdentity(
            issuer="i",
            subject=town.id(),
            user=owner,
            provider="corp",
            created_ns=1,
            used_ns=0,
            linked=True,
        )
        town.records.signin.link_identity(identity, EVENT, most=100_000)
    return id_of(identity)


async def make_user_passkey(town, space, at, in_room):
    """Of a user in the same space, who is somebody else."""
    id = await make_passkey(town, space, "away", in_room)
    owner = await make_user(town, space, at, in_room)
    with town.records.people._database.change() as writer:
        writer.execute("UPDATE passkeys SET user = ? WHERE id = ?", (owner, id))
    return {"id": owner, "passkey": id}


async def make_invitation(town, space, at, in_room):
    name = f"guest {next(town.numbers)}"
    made = await town.parts.signin.invitations.create(OPERATOR, space.id, name, Role.VIEWER)
    return made.record.id


async def make_approval(town, space, at, in_room):
    key = keys.make_key()
    claim = WaitingClaim(
        id=town.id(),
        space=space.id,
        kind=Kind.RECOVERY,
        key_sha256=f"{next(town.numbers):064x}",
        request=keys.make_request(key),
        name=town.id(),
        looks_like=await make_node(town, space, at, in_room),
        created_ns=town.clock.now_ns(),
        expires_ns=town.clock.now_ns() + 3600 * SECOND_NS,
    )
    town.records.approvals.add(claim, EVENT, per_space=10_000, per_network=10_000)
    return claim.id


async def make_user(town, space, at, in_room):
    return town.add_user(f"user {next(town.numbers)}", space).id


async def make_api_token(town, space, at, in_room):
    """At home one of who acts."""
    owner = town.user.id if at == "home" else await make_user(town, space, at, in_room)
    return (await town.parts.api_tokens.create(OPERATOR, user=owner)).record.id


async def make_service(town, space, at, in_room):
    """Of the hub, whichever space it is asked for."""
    asked = Asked(request=keys.make_request(keys.make_key()), names=("nas.lan",), client=True)
    return (await town.parts.pki.services.sign(OPERATOR, asked)).id


async def make_own_space(town, space, at, in_room):
    """A space in a path that names what is in it."""
    return {"space": space.id}


async def make_label(town, space, at, in_room):
    return {"space": space.id, "name": "job"}


async def make_new_dashboard(town, space, at, in_room):
    return {"space": space.id, "id": "a-new-one"}


async def make_dashboard(town, space, at, in_room):
    board = Dashboard(
        id=f"board-{next(town.numbers)}",
        title="Board",
        variables=(Variable(name="v", kind=VariableKind.LIST, values=("a",)),),
    )
    await town.parts.dashboards.dashboards.save(OPERATOR, space.id, board)
    return {"space": space.id, "id": board.id}


async def make_variable(town, space, at, in_room):
    return {**await make_dashboard(town, space, at, in_room), "name": "v"}


async def make_dashboard_link(town, space, at, in_room):
    board = await make_dashboard(town, space, at, in_room)
    made = await town.parts.dashboards.links.create(OPERATOR, space.id, board["id"], "hall", 1)
    return {**board, "link": made.record.id}


async def make_space_of_probes(town, space, at, in_room):
    return {"space": space.id}


async def make_probe(town, space, at, in_room):
    node = await make_node(town, space, at, in_room)
    probe = PingProbe(url="host.example")
    made = await town.parts.probes.add(OPERATOR, space.id, probe, nodes=[node])
    return {"space": space.id, "id": made.id}


async def make_leftover(town, space, at, in_room):
    return "set-old"


async def make_backup(town, space, at, in_room):
    """Of the hub, whichever space it is asked for."""
    name = f"backup-{next(town.numbers)}.tar.zst"
    folder = town.folder / "backups"
    folder.mkdir(exist_ok=True)
    (folder / name).write_bytes(b"")
    return {"name": name}


MAKERS = {
    "backup": make_backup,
    "leftover": make_leftover,
    "space_of_probes": make_space_of_probes,
    "probe": make_probe,
    "own_space": make_own_space,
    "label": make_label,
    "new_dashboard": make_new_dashboard,
    "dashboard": make_dashboard,
    "variable": make_variable,
    "dashboard_link": make_dashboard_link,
    "service": make_service,
    "space": make_space,
    "room": make_room,
    "node": make_node,
    "clone": make_clone,
    "token": make_token,
    "user": make_user,
    "api_token": make_api_token,
    "passkey": make_passkey,
    "identity": make_identity,
    "user_passkey": make_user_passkey,
    "invitation": make_invitation,
    "approval": make_approval,
}


@pytest.fixture(scope="module")
def town(tmp_path_factory):
    town = Town(tmp_path_factory.mktemp("town"))
    yield town
    town.close()


def refused(case, role, form):
    by_token = form == "token" and case.by_person
    return case.by_operator or (by_token and not (case.by_admins_token and role is Role.ADMIN))


OWN = ("api_token", "passkey", "identity")  # of who acts, wherever that is
OF_SPACE = ("own_space", "dashboard", "variable", "label")  # shown with a room's data
OBJECTS = [name for name, case in CASES.items() if case.kind and not case.of_hub]
LISTS = [name for name, case in CASES.items() if case.listed]
FOREIGN_BODIES = [(name, body) for name, case in CASES.items() for body in case.foreign]


def test_every_route_has_its_case(town):
    assert town.routes.keys() == CASES.keys() | PUBLIC.keys()


def test_public_routes_are_those_that_have_to_be(town):
    public = {name: each.allow for name, each in town.routes.items() if name not in CASES}

    assert public == PUBLIC
    assert all(isinstance(town.routes[name].allow, Action) for name in CASES)


def test_other_listeners_offer_what_proves_itself(town):
    others = [
        *town.listeners.link_routes(),
        *town.listeners.enrol_routes(),
        *town.listeners.influx_routes(),
    ]

    assert {each.allow for each in others} <= {
        Public.PEER,
        Public.PROOF,
        Public.CREDENTIALS,
        Public.TRUST,
        Public.ASSET,
        Public.HEALTH,
    }


def test_only_admins_of_a_space_see_what_lets_in(town):
    guarded = [each for name, each in town.routes.items() if each.path.startswith(ADMINS_ONLY)]

    assert guarded
    for route in guarded:
        assert route.allow not in ALLOWED[Role.EDITOR] | ALLOWED_IN_ROOM[Role.ADMIN]


def test_dangerous_deeds_are_those_that_take_a_fresh_proof(town):
    assert {name for name, each in town.routes.items() if each.fresh} == FRESH


@pytest.mark.parametrize("name", sorted(FRESH))
def test_a_session_that_is_stale_shows_its_passkey_first(town, name):
    actor = town.actor("admin")
    require_fresh(town.routes[name], actor)

    with pytest.raises(StepUpRequired):
        require_fresh(town.routes[name], msgspec.structs.replace(actor, is_stale=True))


@pytest.mark.parametrize("name", CASES)
async def test_a_session_without_its_second_factor_does_nothing(town, name):
    actor = msgspec.structs.replace(town.actor("admin"), is_whole=False)

    assert (await town.call(name, actor))[0] == DENIED


@pytest.mark.parametrize("name", CASES)
async def test_a_token_with_a_scope_does_what_is_in_it_and_nothing_else(town, name):
    scoped = msgspec.structs.replace(
        town.actor("admin", "token"), actions=frozenset({Action.ROOM_EDIT, Action.NODE_READ})
    )
    status, _ = await town.call(name, scoped)

    assert (status == DENIED) is (town.routes[name].allow not in scoped.actions)


@pytest.mark.parametrize("name", CASES)
async def test_nobody_gets_in_without_signing_in(town, name):
    assert (await town.call(name, None))[0] == UNAUTHENTICATED


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("name", CASES)
async def test_a_role_does_what_its_table_allows_and_nothing_else(town, name, role, form):
    case, allow = CASES[name], town.routes[name].allow
    status, body = await town.call(name, town.actor(role, form))
    if allow not in ALLOWED[role] or refused(case, role, form):
        assert status == DENIED
    else:
        assert status in case.done, body


@pytest.mark.parametrize("who", ["{}", "away {}", "room {}"])
@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("name", OBJECTS)
async def test_an_object_where_one_has_no_role_does_not_exist(town, name, role, who):
    case, at = CASES[name], "home" if who == "away {}" else "away"
    for form in FORMS:
        actor = town.actor(who.format(role), form)
        if case.kind in OWN and at == "home":
            continue  # one's own is one's own wherever one has a role
        if refused(case, role, form):
            assert (await town.call(name, actor, at=at))[0] in (DENIED, NOT_FOUND)
        else:
            assert await town.is_hidden(name, actor, at=at)


@pytest.mark.parametrize(("name", "body"), FOREIGN_BODIES)
async def test_an_object_of_another_space_named_in_a_body_does_not_exist(town, name, body):
    assert await town.is_hidden(name, town.actor("admin"), body=body)


@pytest.mark.parametrize("name", [name for name, case in CASES.items() if case.by_space])
async def test_a_space_is_asked_for_by_who_has_a_role_in_it(town, name):
    for who in ("viewer", "room viewer"):
        good = await town.call(name, town.actor(who), query={"space": "home:space"})
        assert good[0] == 200
        assert await town.is_hidden(name, town.actor(who), query={"space": "away:space"})


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("name", [name for name in OBJECTS if CASES[name].kind == "node"])
async def test_a_role_in_a_room_is_one_for_the_nodes_of_this_room(town, name, role):
    actor, allow = town.actor(f"room {role}"), town.routes[name].allow
    inside, _ = await town.call(name, actor, in_room=True)

    if allow in ALLOWED_IN_ROOM[role]:
        assert inside in CASES[name].done
    else:
        assert inside == DENIED
    assert await town.is_hidden(name, actor)


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("name", CASES)
async def test_a_role_in_a_room_opens_nothing_that_is_of_the_space(town, name, role):
    case, allow = CASES[name], town.routes[name].allow
    status, body = await town.call(name, town.actor(f"room {role}"))
    if allow not in ALLOWED_IN_ROOM[role]:
        assert status == DENIED
    elif case.kind in OF_SPACE:
        assert status in case.done, body
    elif case.kind and case.kind not in (*OWN, "space"):
        assert status == NOT_FOUND
    else:
        assert status in (*case.done, DENIED), body


async def test_rooms_and_labels_of_a_node_are_not_for_who_has_a_role_in_a_room_alone(town):
    name = "PATCH /api/v1/nodes/{id}"
    for change in ({"labels": {"a": "b"}}, {"rooms": []}, {"ephemeral_s": 60}):
        status, _ = await town.call(name, town.actor("room admin"), body=change, in_room=True)
        assert status == DENIED


@pytest.mark.parametrize(
    "name",
    ["GET /api/v1/config", "GET /api/v1/ca/roll", "POST /api/v1/ca/renew", "POST /api/v1/spaces"],
)
async def test_the_hub_is_managed_by_admins_of_its_own_space_alone(town, name):
    assert (await town.call(name, town.actor("away admin")))[0] == DENIED
    assert (await town.call(name, town.actor("admin")))[0] in CASES[name].done


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("at", ["home", "away"])
async def test_the_operator_does_everything_everywhere(town, name, at):
    body = {"user": "ada"} if name == "POST /api/v1/api-tokens" else None
    status, answer = await town.call(name, OPERATOR, at=at, body=body)

    assert status in ((NOT_FOUND,) if CASES[name].of_person else CASES[name].done), answer


@pytest.mark.parametrize("name", LISTS)
async def test_a_list_holds_what_one_may_look_at_and_nothing_else(town, name):
    kind = CASES[name].listed
    known = {at: await town.make(kind, at) for at in ("home", "away")}
    inside = await town.make(kind, "home", in_room=True)
    found = {}
    for who in ("admin", "away admin", "room admin"):
        status, body = await town.call(name, town.actor(who))
        found[who] = {each["id"] for each in json.loads(body)} if status == 200 else set()

    assert known["home"] in found["admin"]
    assert known["away"] not in found["admin"]
    assert known["home"] not in found["away admin"] or kind == "api_token"
    assert known["away"] in found["away admin"]
    assert known["away"] not in found["room admin"]
    if kind == "node" and found["room admin"]:
        assert inside in found["room admin"]
        assert known["home"] not in found["room admin"]


async def test_the_audit_log_holds_nothing_of_another_space(town):
    await town.make("room", "away")
    _, body = await town.call("GET /api/v1/audit", town.actor("admin"))
    spaces = {each["space"] for each in json.loads(body)}

    assert town.home.id in spaces
    assert AWAY.id not in spaces


@pytest.mark.parametrize("name", CASES)
async def test_no_answer_holds_a_secret(town, name):
    status, body = await town.call(name, OPERATOR)
    text = (body or b"").decode()

    assert "argon2" not in text
    assert "PRIVATE" not in text
    if status in (200, 201) and not name.endswith(("POST /api/v1/tokens", "/connect")):
        assert "mst" not in text.split('"token":"')[-1][:3]
        assert ("mat1_" in text) is (name == "POST /api/v1/api-tokens")


@pytest.mark.parametrize("role", Role)
async def test_an_api_token_of_another_in_the_same_space_is_an_admins_business(town, role):
    neighbour = msgspec.structs.replace(town.actor(role), name="neighbour")
    owner = await town.make("user", "home")
    id = (await town.parts.api_tokens.create(OPERATOR, user=owner)).record.id
    _, body = await town.call("GET /api/v1/api-tokens", neighbour)
    request = await town.request("DELETE /api/v1/api-tokens/{id}", neighbour)
    ended, _ = await town.serve(msgspec.structs.replace(request, match={"id": id}))
    admin = role is Role.ADMIN

    assert (id in body.decode()) is admin
    assert ended == (204 if admin else NOT_FOUND)
