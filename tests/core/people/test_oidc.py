"""Sign-in through a provider, from the button to the session, and every way it is refused."""

import asyncio
from urllib.parse import parse_qs, urlsplit

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from muster.core.people.idtoken import OidcRefused
from muster.core.people.oidc import FLOW_S, OidcSignIn, safe_next
from muster.core.people.oidcprovider import GroupRole, OidcSettings, Provider
from muster.errors import Conflict, LimitExceeded, NotFound, Unavailable
from muster.log import Secret
from muster.model.access import Role
from muster.testing.house import OPERATOR, House
from tests.core.provider import CLIENT, ISSUER, SECRET, FakeProvider

BACK = "https://hub.example/api/v1/signin/oidc/corp/callback"
COOKIE, ADDRESS = "c" * 43, "10.0.0.7"
GOOD = Secret("correct horse battery")


class Office(House):
    """A house whose people sign in through one provider."""

    async def furnish(self, folder):
        self.edge = await self.rooms.create(OPERATOR, self.space.id, "edge")
        self.other = await self.spaces.create(OPERATOR, "Customers")
        await self.accounts.create_user(OPERATOR, self.space.id, "root", GOOD, Role.ADMIN)
        self.fake = FakeProvider(self.clock)
        self.secret = folder / "secret"
        self.secret.write_text(SECRET)
        self.use()

    def use(self, **change):
        """Settings of the provider, and a hub that has just started with them."""
        settings = OidcSettings(
            issuer=ISSUER,
            client_id=CLIENT,
            client_secret_file=self.secret,
            label="Corp",
            map=(
                GroupRole(group="ops", role=Role.ADMIN),
                GroupRole(group="ops", role=Role.VIEWER),
                GroupRole(group="sales", role=Role.EDITOR, space="Customers"),
                GroupRole(group="field", role=Role.EDITOR, room="edge"),
                GroupRole(group="ghosts", role=Role.ADMIN, space="Nowhere"),
                GroupRole(group="ghosts", role=Role.ADMIN, room="nowhere"),
            ),
        )
        settings = msgspec.structs.replace(settings, **change)
        providers = [
            Provider(name=name, settings=settings, fetch=self.fake, clock=self.clock)
            for name in ("corp", "twin")
        ]
        self.oidc = OidcSignIn(
            records=self.records,
            clock=self.clock,
            sessions=self.accounts.sessions,
            providers=providers,
        )

    async def leave(self, cookie=COOKIE, next="/nodes?x=1"):
        """To the provider and back: the query of the callback."""
        url = await self.oidc.begin(
            "corp", cookie=cookie, address=ADDRESS, redirect=BACK, next=next
        )
        return self.fake.authorize(url)

    async def sign_in(self, **options):
        return await self.finish(await self.leave(), **options)

    async def finish(self, query, *, cookie=COOKIE, name="corp", replaces=""):
        return await self.oidc.finish(
            name, query, cookie=cookie, address=ADDRESS, replaces=replaces
        )

    async def reason(self, query=None, **options):
        before = self.newest()
        with pytest.raises(OidcRefused) as refused:
            await self.finish(query or await self.leave(), **options)
        told = self.newest()
        assert told != before
        assert (told.action, told.outcome) == ("session.sign_in", "oidc_refused")
        assert told.detail.startswith(refused.value.reason)
        assert (told.actor, told.address, told.object) == ("stranger", ADDRESS, "oidc:corp")
        return refused.value.reason

    def newest(self):
        return self.records.audit.events(spaces=None, limit=1)[0].event

    def user(self, name="ada"):
        return self.records.people.user_named(name)

    async def actor(self, signed):
        return await self.accounts.actor(signed.cookie.reveal(), ADDRESS)


@pytest.fixture
async def office(tmp_path):
    with Office() as office:
        await office.furnish(tmp_path)
        yield office


async def test_who_is_in_a_mapped_group_signs_in_and_becomes_a_user(office):
    signed, next = await office.sign_in()
    user = office.user()

    assert next == "/nodes?x=1"
    assert (await office.actor(signed)).roles == user.roles == {office.space.id: Role.ADMIN}
    assert user.password_hash == ""
    events = [each.event for each in office.records.audit.events(spaces=None, limit=2)]
    assert [each.action for each in events] == ["session.sign_in", "user.create"]
    assert events[0].detail == "oidc:corp"


async def test_the_same_person_is_the_same_user_whatever_they_are_called(office):
    await office.sign_in()
    office.fake.claims |= {"preferred_username": "lovelace", "email": "other@example"}
    await office.sign_in()

    assert office.user("lovelace") is None
    assert len(office.records.people.users()) == 2


async def test_the_same_person_in_two_windows_at_once_becomes_one_user(office):
    queries = [await office.leave() for _ in range(8)]
    signed = await asyncio.gather(*(office.finish(query) for query in queries))

    assert {each.actor.name for each, _ in signed} == {"ada"}
    assert len(office.records.signin.identities()) == 1


async def test_another_person_of_the_same_name_is_another_user(office):
    await office.sign_in()
    office.fake.claims |= {"sub": "another", "email": "ada@example"}
    await office.sign_in()
    office.fake.claims |= {"sub": "a third"}

    assert office.user("ada@corp").id != office.user("ada").id
    assert await office.reason() == "name_taken"


async def test_a_local_user_is_never_taken_over_by_name(office):
    root = office.user("root")
    office.fake.claims |= {"preferred_username": "root"}
    await office.sign_in()

    assert office.user("root") == root
    assert office.user("root@corp") is not None


@pytest.mark.parametrize("name", ["operator", "node x", "a\nb", "x" * 101, " "])
async def test_a_name_that_stands_for_something_else_is_refused(office, name):
    office.fake.claims |= {"preferred_username": name}

    assert await office.reason() == "name"


async def test_groups_become_roles_in_spaces_and_rooms_and_unknown_places_are_none(office):
    office.fake.claims |= {"groups": ["field", "sales", "ghosts", "unheard of"]}
    await office.sign_in()

    assert office.user().roles == {office.other.id: Role.EDITOR}
    assert office.user().room_roles == {office.edge.id: Role.EDITOR}


async def test_roles_are_what_the_groups_say_at_each_sign_in(office):
    signed, _ = await office.sign_in()
    office.fake.claims |= {"groups": ["field"]}
    await office.sign_in()

    assert office.user().roles == {}
    assert (await office.actor(signed)).room_roles == {office.edge.id: Role.EDITOR}
    assert "groups: editor" in [
        each.event.detail for each in office.records.audit.events(spaces=None, limit=5)
    ]


async def test_who_is_in_no_mapped_group_any_more_loses_roles_and_sessions(office):
    signed, _ = await office.sign_in()
    office.fake.claims |= {"groups": []}

    assert await office.reason() == "no_group"
    assert (office.user().roles, office.user().room_roles) == ({}, {})
    assert await office.actor(signed) is None


@pytest.mark.parametrize("groups", [None, [], ["others"], "others", 5, {"ops": 1}, [["ops"]]])
async def test_who_is_in_no_mapped_group_gets_no_user(office, groups):
    office.fake.claims |= {"groups": groups}

    assert await office.reason() == "no_group"
    assert office.user() is None


async def test_one_group_may_come_as_a_plain_text(office):
    office.fake.claims |= {"groups": "ops"}

    assert (await office.sign_in())[0].actor.name == "ada"


async def test_groups_come_from_userinfo_where_the_token_does_not_say_them(office):
    office.fake.claims.pop("groups")
    office.fake.userinfo = {"sub": office.fake.claims["sub"], "groups": ["ops"], "iss": "x"}

    assert (await office.sign_in())[0].actor.roles == {office.space.id: Role.ADMIN}


async def test_users_are_not_made_where_the_settings_say_so(office):
    office.use(create_users=False)

    assert await office.reason() == "no_user"


async def test_a_disabled_user_stays_out(office):
    await office.sign_in()
    user = office.user()
    await office.accounts.update_user(OPERATOR, user.id, disabled=True)

    assert await office.reason() == "disabled"
    assert office.user().disabled


async def test_the_last_admin_of_a_space_keeps_it(office):
    await office.sign_in()
    root = office.user("root")
    await office.accounts.remove_user(OPERATOR, root.id)
    office.fake.claims |= {"groups": ["field"]}

    with pytest.raises(Conflict, match="last admin"):
        await office.sign_in()
    assert office.user().roles == {office.space.id: Role.ADMIN}


async def test_a_session_that_was_there_ends_with_the_new_one(office):
    first, _ = await office.sign_in()
    await office.sign_in(replaces=first.cookie.reveal())

    assert await office.actor(first) is None


async def test_a_state_is_good_once(office):
    query = await office.leave()
    await office.finish(query)

    assert await office.reason(query) == "state"


async def test_a_state_is_good_in_the_browser_that_began_alone(office):
    query = await office.leave()

    assert await office.reason(query, cookie="d" * 43) == "state"
    office.clock.advance(61)  # the same refusal is told once a minute
    assert await office.reason(await office.leave(cookie="e" * 43), cookie="") == "state"
    assert (await office.finish(query))[0].actor.name == "ada"


async def test_an_old_state_is_refused(office):
    query = await office.leave()
    office.clock.advance(FLOW_S)

    assert await office.reason(query) == "state"


async def test_an_answer_is_for_the_provider_that_was_asked(office):
    query = await office.leave()
    with pytest.raises(OidcRefused) as refused:
        await office.finish(query, name="twin")

    assert refused.value.reason == "state"
    assert await office.reason({**await office.leave(), "iss": "https://evil.example"}) == "issuer"


@pytest.mark.parametrize(
    ("wrong", "expected"),
    [
        ({"nonce": "another"}, "nonce"),
        ({"iss": "https://evil.example"}, "issuer"),
        ({"aud": "another"}, "audience"),
        ({"exp": 1}, "expired"),
        ({"azp": "another"}, "azp"),
    ],
)
async def test_a_token_that_does_not_hold_begins_nothing(office, wrong, expected):
    office.fake.wrong = wrong

    assert await office.reason() == expected
    assert office.user() is None


async def test_a_token_of_another_sign_in_is_refused(office):
    office.fake.token = office.fake.sign(office.fake.said("n" * 43))

    assert await office.reason() == "nonce"


async def test_a_code_of_another_browser_is_refused(office):
    """Code injection: a stolen code does not fit this browser's verifier."""
    stolen = await office.leave(cookie="d" * 43)
    query = await office.leave()

    assert await office.reason({**query, "code": stolen["code"]}) == "code"


async def test_a_used_code_is_refused(office):
    first = await office.leave()
    await office.finish(first)
    query = await office.leave()

    assert await office.reason({**query, "code": first["code"]}) == "code"


@pytest.mark.parametrize("told", ["access_denied", "<b>", "a" * 50, ""])
async def test_a_provider_that_says_no_is_quoted_only_as_far_as_it_is_a_word(office, told):
    query = await office.leave()
    query.pop("code")

    assert await office.reason({**query, "error": told}) == "provider"
    assert ("access_denied" in office.newest().detail) is (told == "access_denied")
    assert "<b>" not in office.newest().detail


async def test_the_way_to_the_provider_holds_nothing_twice_and_no_secret(office):
    urls = [
        await office.oidc.begin("corp", cookie=COOKIE, address=ADDRESS, redirect=BACK)
        for _ in range(2)
    ]
    first, second = (parse_qs(urlsplit(url).query) for url in urls)

    assert first["redirect_uri"] == [BACK]
    for name in ("state", "nonce", "code_challenge"):
        assert first[name] != second[name]
    assert SECRET not in urls[0]


async def test_flows_are_begun_so_many_a_minute_per_network(office):
    with pytest.raises(LimitExceeded):
        for _ in range(100):
            await office.leave()


async def test_a_provider_that_is_not_there_is_not_found(office):
    with pytest.raises(NotFound):
        await office.oidc.begin("nobody", cookie=COOKIE, address=ADDRESS, redirect=BACK)


async def test_a_provider_that_is_away_begins_nothing_and_is_told(office):
    query = await office.leave()
    office.fake.down = "/token"
    with pytest.raises(Unavailable):
        await office.finish(query)

    assert office.newest().outcome == "unavailable"


async def test_signing_out_leaves_the_provider_where_the_settings_say_so(office):
    assert await office.oidc.leave("oidc:corp", BACK) == ""
    office.use(sign_out=True)
    place = await office.oidc.leave("oidc:corp", "https://hub.example/")

    assert place.startswith(f"{ISSUER}/leave?client_id=muster&post_logout_redirect_uri=https")
    for method in ("password", "corp", "oidc:nobody", ""):
        assert await office.oidc.leave(method, BACK) == ""


def test_buttons_bear_the_label(office):
    assert office.oidc.offers() == [("corp", "Corp"), ("twin", "Corp")]


@pytest.mark.parametrize(
    "text",
    ["", "nodes", "//evil.example", "https://evil.example", "/\\evil.example", "/a\n", "/" * 1001],
)
def test_one_goes_on_at_a_path_of_ours_alone(text):
    assert safe_next(text) == "/"


@given(st.text(max_size=30))
def test_whatever_is_asked_for_stays_on_this_host(text):
    assert urlsplit("https://hub.example" + safe_next(text)).netloc == "hub.example"
    assert safe_next(text).startswith("/")
    assert not safe_next(text).startswith("//")
