"""Sign-in through OpenID providers: code flow with PKCE, state and nonce; groups become roles.

Steps: 1 the browser gets a cookie and leaves for the provider with state, nonce and challenge
2 it comes back; the state must be one that waits, of this very browser, and is used up by it
3 the code is redeemed for an ID token, which is verified (core/people/idtoken.py)
4 issuer and subject find the user, or make one, never the name or an e-mail address
5 the user's roles become what the groups say now  6 a session begins.
A user whom no group maps any more loses roles, sessions and API tokens.
Who is signed in may go the same way to link an identity (core/people/foreignlinks.py): then 3 is
the last step, and roles are never the groups'.
"""

import asyncio
import hashlib
import re
import secrets
import uuid
from collections.abc import Iterable, Mapping
from typing import Any, TypeVar
from urllib.parse import urlsplit

import msgspec

from muster.clock import Clock
from muster.core.audit import make_event
from muster.core.names import check_user_name
from muster.core.pending import Pending
from muster.core.people.accounts import MAX_USERS
from muster.core.people.foreignlinks import ForeignLinks, Linking
from muster.core.people.idtoken import OidcRefused
from muster.core.people.oidcprovider import GroupRole, Provider, with_query
from muster.core.people.sessions import Sessions, SignedIn, hash_of
from muster.core.people.standing import Standing
from muster.core.throttle import Throttle
from muster.errors import Conflict, InputError, LimitExceeded, MusterError, NotFound
from muster.model.access import Actor, AuditEvent, Role, User, covers
from muster.model.address import network_of
from muster.model.base64url import format_base64url
from muster.model.ids import RoomId, SpaceId, UserId
from muster.model.signin import ForeignIdentity
from muster.ports.records import Records

P = TypeVar("P", bound=str)
FLOW_S = 600.0  # for somebody to sign in at the provider
MAX_GROUPS = 2_000
_PER_NETWORK = 60  # flows begun a minute
_ERROR = re.compile(r"[a-z_]{1,40}")
_MAX_NEXT = 1_000


class Roles(msgspec.Struct, frozen=True):
    """What groups come to here."""

    spaces: dict[SpaceId, Role]
    rooms: dict[RoomId, Role]

    def __bool__(self) -> bool:
        return bool(self.spaces or self.rooms)


class LinkRefused(OidcRefused):
    """Nothing was linked; who asked for it has a session as before."""


class _Flow(msgspec.Struct, frozen=True):
    provider: str
    nonce: str
    verifier: str
    redirect: str
    next: str
    linking: Linking | None


class OidcSignIn:
    """All providers of a hub, by the names of their settings' sections."""

    def __init__(
        self,
        *,
        records: Records,
        clock: Clock,
        sessions: Sessions,
        providers: Iterable[Provider],
    ) -> None:
        self._people = records.people
        self._signin = records.signin
        self._nodes = records.nodes
        self._audit = records.audit
        self._standing = Standing(records=records.nodes)
        self._sessions = sessions
        self._clock = clock
        self._providers = {each.name: each for each in providers}
        self._flows = Pending[_Flow](clock=clock, lifetime_s=FLOW_S)
        self.links = ForeignLinks(records=records, clock=clock, sessions=sessions)
        self._begun = Throttle(clock=clock, limit=_PER_NETWORK, window_s=60)
        self._noted = Throttle(clock=clock, limit=1, window_s=60)

    def offers(self) -> list[tuple[str, str]]:
        """(name, label) of each provider, for buttons."""
        return [(name, each.settings.label or name) for name, each in self._providers.items()]

    async def begin(
        self,
        name: str,
        *,
        cookie: str,
        address: str,
        redirect: str,
        next: str = "/",
        linking: Linking | None = None,
    ) -> str:
        """Where to send a browser; `cookie` is what it has to come back with.

        Errors: NotFound, LimitExceeded, Unavailable.
        """
        provider = self._provider(name)
        if wait_s := self._begun.take(network_of(address)):
            raise LimitExceeded("too many sign-ins begun; wait a little", retry_after_s=wait_s)
        found = await provider.discovery()
        # 1
        state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
        flow = _Flow(name, nonce, verifier, redirect, safe_next(next), linking)
        self._flows.add(hash_of(state), hash_of(cookie), flow)
        challenge = hashlib.sha256(verifier.encode()).digest()
        fields = {
            "response_type": "code",
            "client_id": provider.settings.client_id,
            "redirect_uri": redirect,
            "scope": " ".join(provider.settings.scopes),
            "state": state,
            "nonce": nonce,
            "code_challenge": format_base64url(challenge),
            "code_challenge_method": "S256",
        }
        return with_query(found.authorization_endpoint, fields)

    async def finish(
        self, name: str, query: Mapping[str, str], *, cookie: str, address: str, replaces: str = ""
    ) -> tuple[SignedIn | None, str]:
        """Begin the session of who came back, and where they wanted to go.

        None when they have one, and have linked an identity.

        Errors: OidcRefused with its reason; Unavailable; Conflict when a space would be left
                without an admin. Each is in the audit log.
        """
        try:
            return await self._finish(self._provider(name), query, cookie, address, replaces)
        except MusterError as error:
            await self._note(name, address, error)
            raise

    async def leave(self, method: str, back: str) -> str:
        """Where a browser ends the provider's own session; empty where there is no such place."""
        provider = self._providers.get(method.removeprefix("oidc:"))
        if provider is None or not method.startswith("oidc:") or not provider.settings.sign_out:
            return ""
        found = await provider.discovery()
        if not found.end_session_endpoint:
            return ""
        fields = {"client_id": provider.settings.client_id, "post_logout_redirect_uri": back}
        return with_query(found.end_session_endpoint, fields)

    async def _finish(
        self,
        provider: Provider,
        query: Mapping[str, str],
        cookie: str,
        address: str,
        replaces: str,
    ) -> tuple[SignedIn | None, str]:
        # 2
        flow = self._flows.take(hash_of(query.get("state", "")), hash_of(cookie))
        if flow is None or flow.provider != provider.name:
            raise OidcRefused("state", "it was not begun by this browser, or too long ago")
        if query.get("iss", provider.settings.issuer) != provider.settings.issuer:
            raise OidcRefused("issuer", "another provider answered")
        if flow.linking is not None:
            return await self._link(provider, query, flow, flow.linking, address)
        # 3
        claims, access = await self._redeemed(provider, query, flow)
        claims = await self._with_more(provider, claims, access)
        # 4, 5
        user = await self._user(provider, claims, address)
        # 6
        signed = await self._sessions.start(
            user, address=address, replaces=replaces, method=f"oidc:{provider.name}"
        )
        return signed, flow.next

    async def _redeemed(
        self, provider: Provider, query: Mapping[str, str], flow: _Flow
    ) -> tuple[Mapping[str, Any], str]:
        """What the provider says of who came back, and a token to ask it for more."""
        if "error" in query or not query.get("code"):
            told = query.get("error", "")
            known = told if _ERROR.fullmatch(told) else "no reason"
            raise OidcRefused("provider", f"the provider says no ({known})")
        token, access = await provider.redeem(query["code"], flow.verifier, flow.redirect)
        return await provider.claims(token, flow.nonce), access

    async def _link(
        self,
        provider: Provider,
        query: Mapping[str, str],
        flow: _Flow,
        linking: Linking,
        address: str,
    ) -> tuple[None, str]:
        try:
            claims, _access = await self._redeemed(provider, query, flow)
            issuer, subject = provider.settings.issuer, claims["sub"]
            await self.links.finish(linking, issuer, subject, provider.name, address)
        except MusterError as error:
            reason = error.reason if isinstance(error, OidcRefused) else error.code
            raise LinkRefused(reason, str(error)) from error
        return None, flow.next

    async def _with_more(
        self, provider: Provider, claims: Mapping[str, Any], access: str
    ) -> Mapping[str, Any]:
        """With what userinfo says, where the ID token does not say the groups."""
        if provider.settings.groups_claim in claims:
            return claims
        more = await provider.more_claims(access, claims["sub"])
        return {**more, **claims}

    async def _user(self, provider: Provider, claims: Mapping[str, Any], address: str) -> User:
        roles = self._roles(provider, claims)
        issuer, subject = provider.settings.issuer, claims["sub"]
        identity = self._signin.identity(issuer, subject)
        user = self._people.user(identity.user) if identity else None
        if identity is None or user is None:
            return await self._make(provider, claims, roles, address)
        if user.disabled:
            raise OidcRefused("disabled", "this user is disabled; an admin can help")
        if not identity.linked:
            user = await self._with_roles(user, roles, address)
            if not roles:
                raise OidcRefused("no_group", "none of your groups has a role here")
        used = msgspec.structs.replace(
            identity, provider=provider.name, used_ns=self._clock.now_ns()
        )
        await asyncio.to_thread(self._signin.use_identity, used)
        return user

    async def _make(
        self, provider: Provider, claims: Mapping[str, Any], roles: Roles, address: str
    ) -> User:
        if not roles:
            raise OidcRefused("no_group", "none of your groups has a role here")
        if not provider.settings.create_users:
            raise OidcRefused("no_user", "you are no user here yet; an admin can help")
        if len(self._people.users()) >= MAX_USERS:
            raise LimitExceeded(f"a hub has up to {MAX_USERS} users")
        now_ns = self._clock.now_ns()
        user = User(
            id=UserId(str(uuid.uuid4())),
            name=self._free_name(provider, claims),
            password_hash="",
            roles=roles.spaces,
            created_ns=now_ns,
            room_roles=roles.rooms,
        )
        identity = ForeignIdentity(
            issuer=provider.settings.issuer,
            subject=claims["sub"],
            user=user.id,
            provider=provider.name,
            created_ns=now_ns,
            used_ns=now_ns,
        )
        actor = Actor(name=user.name, address=address)
        event = self._event(actor, "user.create", user, f"by {provider.name}: {_words(roles)}")
        try:
            await asyncio.to_thread(self._signin.create_foreign_user, user, identity, event)
        except Conflict as error:
            same = self._signin.identity(identity.issuer, identity.subject)
            made = self._people.user(same.user) if same else None
            if made is None:
                text = "your name is taken here; an admin can help"
                raise OidcRefused("name_taken", text) from error
            return made  # by the same person in another window, a moment ago
        return user

    async def _with_roles(self, user: User, roles: Roles, address: str) -> User:
        if user.roles == roles.spaces and user.room_roles == roles.rooms:
            return user
        changed = msgspec.structs.replace(user, roles=roles.spaces, room_roles=roles.rooms)
        actor = Actor(name=user.name, address=address)
        event = self._event(actor, "user.update", user, f"groups: {_words(roles)}")
        update = self._people.update_user
        await asyncio.to_thread(update, changed, event, before=user, end_sessions=not roles)
        return changed

    def _free_name(self, provider: Provider, claims: Mapping[str, Any]) -> str:
        """The name the provider gives, or with the provider's behind it when it is taken.

        The taken one may be another person's: they stay two users.
        """
        told = claims.get(provider.settings.name_claim)
        name = told if isinstance(told, str) and told else str(claims["sub"])
        for each in (name, f"{name}@{provider.name}"):
            try:
                if self._people.user_named(check_user_name(each)) is None:
                    return each
            except InputError as error:
                raise OidcRefused("name", f"your name cannot be used here: {error}") from error
        raise OidcRefused("name_taken", "your name is taken here; an admin can help")

    def _roles(self, provider: Provider, claims: Mapping[str, Any]) -> Roles:
        told = claims.get(provider.settings.groups_claim, [])
        groups = {told} if isinstance(told, str) else _texts(told)
        spaces: dict[SpaceId, Role] = {}
        rooms: dict[RoomId, Role] = {}
        for each in provider.settings.map:
            space = self._space(each)
            if each.group not in groups or not space:
                continue
            if not each.room:
                _give(spaces, space, each.role)
            elif room := self._room(space, each.room):
                _give(rooms, room, each.role)
        return Roles(spaces, rooms)

    def _space(self, wanted: GroupRole) -> SpaceId:
        """Empty for one that is not there: its groups have no role in it."""
        for space in self._nodes.spaces():
            if wanted.space in (space.id, space.name) or (not wanted.space and space.main):
                return space.id
        return SpaceId("")

    def _room(self, space: SpaceId, wanted: str) -> RoomId:
        known = self._nodes.rooms(space)
        return next((each.id for each in known if wanted in (each.id, each.name)), RoomId(""))

    def _provider(self, name: str) -> Provider:
        if name not in self._providers:
            raise NotFound(f"no such provider: {name[:40]!r}")
        return self._providers[name]

    async def _note(self, name: str, address: str, error: MusterError) -> None:
        """A refusal on record: one a minute per reason and network."""
        reason = error.reason if isinstance(error, OidcRefused) else error.code
        if self._noted.take(f"{reason} {network_of(address)}"):
            return
        event = make_event(
            self._clock,
            Actor(name="stranger", address=address),
            "session.sign_in",
            f"oidc:{name[:40]}",
            outcome=error.code,
            detail=f"{reason}: {error}",
        )
        await asyncio.to_thread(self._audit.add, event)

    def _event(self, actor: Actor, action: str, user: User, detail: str) -> AuditEvent:
        space = self._standing.home(user)
        return make_event(self._clock, actor, action, user.name, detail=detail, space=space)


def safe_next(text: str) -> str:
    """A path of our own to go on at; the first page for whatever else."""
    plain = len(text) <= _MAX_NEXT and text.isprintable() and "\\" not in text
    if not plain or not text.startswith("/") or text.startswith("//"):
        return "/"
    return text if not urlsplit(text).netloc else "/"


def _give(roles: dict[P, Role], place: P, role: Role) -> None:
    held = roles.get(place)
    if held is None or not covers(held, role):
        roles[place] = role


def _texts(told: object) -> set[str]:
    if not isinstance(told, list):
        return set()
    return {each for each in told[:MAX_GROUPS] if isinstance(each, str)}


def _words(roles: Roles) -> str:
    held = [*roles.spaces.values(), *roles.rooms.values()]
    return ", ".join(sorted(held)) or "no role"
