"""Who speaks InfluxDB's wire, by whatever proves it."""

import asyncio
import base64
import hashlib
import hmac
import json

import pytest

from muster.core.audit import make_event
from muster.core.databases.influxlogins import InfluxLogins, LoginSettings
from muster.core.nodes.readers import login_of_actor
from muster.core.people.passwords import Passwords
from muster.errors import LimitExceeded, NotFound, Unauthenticated
from muster.log import Secret
from muster.model.access import Action, Actor, Role, TokenScope, User
from muster.model.identity import Identity
from muster.model.influx import Login, Privilege
from muster.model.inventory import Room, Space
from muster.testing.house import OPERATOR, House

HERE = "10.1.2.3"
AWAY = "0a0a0a0a-0000-4000-8000-000000000000"
PW = Secret("secret")


class Office(House):
    """A house with a user of databases and an editor with roles in two spaces."""

    def open(self):
        super().open()
        event = make_event(self.clock, OPERATOR, "x", "x")
        self.records.nodes.create_space(Space(AWAY, "Away"), event)
        self.records.nodes.create_room(Room("r", self.space.id, "lab"), event)
        self.eddi = User(
            id="0b0b0b0b-0000-4000-8000-000000000001",
            name="eddi",
            password_hash="",
            roles={self.space.id: Role.ADMIN, AWAY: Role.EDITOR},
            room_roles={"r": Role.EDITOR},
            created_ns=1,
        )
        self.records.people.create_user(self.eddi, event)
        actor = Actor(name="influx user root")
        self.root = Login(space=self.space.id, actor=actor, name="root", admin=True)

    async def token(self, **given):
        actor = Actor(name="eddi", roles=self.eddi.roles, session="s")
        return (await self.api_tokens.create(actor, **given)).text

    def notes(self):
        stored = self.records.audit.events(spaces=None, limit=100)
        return [
            (each.event.object, each.event.outcome, each.event.space)
            for each in stored
            if each.event.action == "influx_user.sign_in"
        ]


@pytest.fixture
async def office():
    with Office() as office:
        await office.databases.create(office.root, "d1")
        await office.influx_users.create(office.root, "rd", PW)
        await office.influx_users.grant(office.root, "rd", "d1", Privilege.READ)
        yield office


async def test_a_password_proves_its_user(office):
    login = await office.influx_logins.by_password("rd", PW, HERE)

    assert (login.space, login.name, login.admin) == (office.space.id, "rd", False)
    assert login.may(Privilege.READ, "d1")
    assert not login.may(Privilege.WRITE, "d1")
    assert login.actor == Actor(name="influx user rd", address=HERE)


@pytest.mark.parametrize(
    ("name", "password", "text"),
    [
        ("rd", "x", "authorization failed"),
        ("rd", "", "authorization failed"),
        ("nobody", "secret", "authorization failed"),
        ("", "secret", "username required"),
        ("rd", "mat1_no-token-at-all", "authorization failed"),
    ],
)
async def test_what_proves_nothing_is_refused_in_influxdbs_words(office, name, password, text):
    with pytest.raises(Unauthenticated) as refusal:
        await office.influx_logins.by_password(name, Secret(password), HERE)
    assert str(refusal.value) == text


async def test_a_right_password_is_hashed_once(office, monkeypatch):
    await office.influx_logins.by_password("rd", PW, HERE)
    hashed = []
    passwords = office.influx_logins._passwords

    async def matches(password, known):
        hashed.append(known)
        return False

    monkeypatch.setattr(passwords, "matches", matches)
    await office.influx_logins.by_password("rd", PW, HERE)
    assert hashed == []
    with pytest.raises(Unauthenticated):
        await office.influx_logins.by_password("rd", Secret("other"), HERE)
    assert len(hashed) == 1


async def test_a_hundred_clients_that_come_at_once_are_checked_once(office):
    logins = await asyncio.gather(
        *(office.influx_logins.by_password("rd", PW, HERE) for _ in range(100))
    )

    assert {login.name for login in logins} == {"rd"}


async def test_wrong_ones_that_come_at_once_are_counted_each(office):
    tries = (office.influx_logins.by_password("rd", Secret("x"), HERE) for _ in range(12))
    ends = await asyncio.gather(*tries, return_exceptions=True)

    assert [type(end) for end in ends] == [Unauthenticated] * 10 + [LimitExceeded] * 2


async def test_what_is_remembered_ends_with_the_password_and_with_the_user(office):
    await office.influx_logins.by_password("rd", PW, HERE)
    await office.influx_users.set_password(office.root, "rd", Secret("new"))
    with pytest.raises(Unauthenticated):
        await office.influx_logins.by_password("rd", PW, HERE)
    await office.influx_logins.by_password("rd", Secret("new"), HERE)
    await office.influx_users.drop(office.root, "rd")

    with pytest.raises(Unauthenticated):
        await office.influx_logins.by_password("rd", Secret("new"), HERE)


async def test_grants_count_from_the_next_request_on(office):
    await office.influx_logins.by_password("rd", PW, HERE)
    await office.influx_users.revoke(office.root, "rd", "d1", Privilege.READ)
    login = await office.influx_logins.by_password("rd", PW, HERE)

    assert not login.may(Privilege.READ, "d1")


async def test_many_wrong_ones_wait_and_who_was_right_before_does_not(office):
    await office.influx_logins.by_password("rd", PW, HERE)
    for _ in range(10):
        with pytest.raises(Unauthenticated):
            await office.influx_logins.by_password("rd", Secret("x"), HERE)
    with pytest.raises(LimitExceeded, match="too many wrong passwords"):
        await office.influx_logins.by_password("rd", Secret("x"), HERE)

    assert (await office.influx_logins.by_password("rd", PW, HERE)).name == "rd"
    office.clock.advance(60)
    with pytest.raises(Unauthenticated):
        await office.influx_logins.by_password("rd", Secret("x"), HERE)


async def test_right_ones_are_not_counted(office):
    for _ in range(12):
        office.influx_logins._right.clear()  # as after a restart
        assert (await office.influx_logins.by_password("rd", PW, HERE)).name == "rd"


async def test_a_refusal_is_noted_once_a_minute_and_network(office):
    for name in ("rd", "nobody"):
        with pytest.raises(Unauthenticated):
            await office.influx_logins.by_password(name, Secret("x"), HERE)
    assert office.notes() == [("rd", "unauthenticated", office.space.id)]
    office.clock.advance(60)
    with pytest.raises(Unauthenticated):
        await office.influx_logins.by_password("nobody", Secret("x"), HERE)

    assert office.notes()[0] == ("nobody", "unauthenticated", "")


async def test_an_api_token_stands_where_the_password_does(office):
    token = await office.token()
    login = await office.influx_logins.by_password("anything", token, HERE)

    assert (login.name, login.space, login.admin) == ("eddi", office.space.id, True)


async def test_an_org_names_the_space_of_a_token(office):
    token = await office.token(role=Role.EDITOR)
    for org, space in (
        ("Away", AWAY),
        (AWAY, AWAY),
        ("else", office.space.id),
        ("", office.space.id),
    ):
        login = await office.influx_logins.by_token(token, HERE, org)
        assert (login.space, login.admin, login.everywhere) == (space, False, Privilege.ALL)


@pytest.mark.parametrize(
    ("actions", "held"),
    [
        ((Action.DATA_READ,), Privilege.READ),
        ((Action.DATA_WRITE,), Privilege.WRITE),
        ((Action.DATA_READ, Action.DATA_WRITE), Privilege.ALL),
        ((Action.DATA_READ, Action.SPACE_MANAGE), Privilege.READ),
        ((Action.NODE_READ,), Privilege.NONE),
    ],
)
async def test_the_actions_of_a_token_are_what_it_may(office, actions, held):
    token = await office.token(scope=TokenScope(actions=actions))
    login = await office.influx_logins.by_token(token, HERE)

    assert (login.everywhere, login.admin) == (held, False)


async def test_a_token_of_single_rooms_reads_what_their_nodes_have_sent(office):
    scope = TokenScope(rooms=("r",))
    token = await office.token(role=Role.EDITOR, scope=scope)
    login = await office.influx_logins.by_token(token, HERE)

    assert (login.space, login.admin) == (office.space.id, False)
    assert (login.everywhere, login.nodes) == (Privilege.READ, frozenset())


async def test_a_token_of_single_rooms_that_may_not_read_opens_nothing(office):
    scope = TokenScope(rooms=("r",), actions=(Action.NODE_READ,))
    token = await office.token(role=Role.EDITOR, scope=scope)

    with pytest.raises(Unauthenticated, match="authorization failed"):
        await office.influx_logins.by_token(token, HERE)


@pytest.mark.parametrize(
    ("role", "held", "admin"),
    [
        (Role.VIEWER, Privilege.READ, False),
        (Role.EDITOR, Privilege.ALL, False),
        (Role.ADMIN, Privilege.ALL, True),
    ],
)
def test_a_role_says_what_it_may_in_its_space_alone(role, held, admin):
    actor = Actor(name="ada", roles={"home": role})
    home, away = login_of_actor(actor, "home"), login_of_actor(actor, "away")

    assert (home.everywhere, home.admin) == (held, admin)
    assert (away.everywhere, away.admin) == (Privilege.NONE, False)


def bearer(office, name, secret="shared"):
    claims = {"username": name, "exp": office.clock.now_ns() // 10**9 + 60}
    parts = [
        base64.urlsafe_b64encode(json.dumps(each).encode()).decode().rstrip("=")
        for each in ({"alg": "HS256"}, claims)
    ]
    signed = ".".join(parts)
    mark = hmac.new(secret.encode(), signed.encode(), hashlib.sha256).digest()
    return Secret(f"{signed}.{base64.urlsafe_b64encode(mark).decode().rstrip('=')}")


async def test_a_bearer_token_stands_for_the_user_it_names(office):
    logins = InfluxLogins(
        book=office.book,
        passwords=Passwords(),
        api_tokens=office.api_tokens,
        nodes=office.records.nodes,
        readers=office.readers,
        audit=office.records.audit,
        clock=office.clock,
        settings=LoginSettings(),
        shared_secret=Secret("shared"),
    )
    login = await logins.by_bearer(bearer(office, "rd"), HERE)
    assert (login.name, login.grants) == ("rd", {"d1": Privilege.READ})

    for name, secret, text in (
        ("nobody", "shared", "user not found"),
        ("rd", "other", "signature is invalid"),
    ):
        with pytest.raises(Unauthenticated, match=text):
            await logins.by_bearer(bearer(office, name, secret), HERE)
    assert office.notes() == [("bearer", "unauthenticated", "")]
    with pytest.raises(Unauthenticated, match="bearer auth disabled"):
        await office.influx_logins.by_bearer(bearer(office, "rd", ""), HERE)


def test_a_node_writes_to_its_space_and_reads_nothing(office):
    identity = Identity("hub", office.space.id, "0c0c0c0c-0000-4000-8000-000000000001")
    login = office.influx_logins.login_of_node(identity, "web", HERE)

    assert login.space == office.space.id
    assert login.may(Privilege.WRITE, "d1")
    assert not login.may(Privilege.READ, "d1")
    assert login.actor.name == "node 0c0c0c0c-0000-4000-8000-000000000001"


def test_where_no_credentials_are_asked_for_anybody_is_admin_of_the_hubs_own_space(office):
    login = office.influx_logins.login_of_nobody(HERE)

    assert (login.space, login.admin, login.name) == (office.space.id, True, "")
    assert login.actor.name == "influx without sign-in"


def test_without_a_space_there_is_nothing_to_speak_to():
    house = House()
    house.records.open()
    with pytest.raises(NotFound, match="no space yet"):
        house.influx_logins.login_of_nobody(HERE)
    house.close()


async def test_a_password_that_was_right_is_known_at_once_until_it_changes(office):
    logins = office.influx_logins
    before = logins.remembered("rd", PW)
    await logins.by_password("rd", PW, HERE)
    user = logins.remembered("rd", PW)

    assert before is None
    assert user is not None
    assert user.name == "rd"
    assert logins.is_still(user)
    assert logins.remembered("rd", Secret("other")) is None
    assert logins.remembered("nobody", PW) is None
    await office.influx_users.set_password(office.root, "rd", Secret("new"))
    assert logins.remembered("rd", PW) is None
    assert not logins.is_still(user)
