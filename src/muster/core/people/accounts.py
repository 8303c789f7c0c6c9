"""People: users, and sign-in by password.

Unknown name, wrong password and disabled user get one answer, after the same work.
Steps of a sign-in: 1 throttle  2 check the password, or nobody's  3 make a session in place
of the one that was there (core/people/sessions.py).
"""

import asyncio
import uuid
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Protocol

import msgspec

from muster.clock import Clock
from muster.core.access import require, require_object
from muster.core.audit import make_event
from muster.core.names import MAX_NAME, check_user_name, is_id
from muster.core.people.passwords import Passwords, random_password
from muster.core.people.sessions import AccountSettings, Sessions, SignedIn
from muster.core.people.standing import Standing, merged
from muster.core.throttle import Throttle
from muster.errors import (
    Conflict,
    Denied,
    InputError,
    LimitExceeded,
    NotFound,
    Unauthenticated,
)
from muster.log import Secret
from muster.model.access import Action, Actor, AuditEvent, Role, User
from muster.model.address import network_of
from muster.model.ids import RoomId, SpaceId, UserId
from muster.ports.records import PeopleRecords, Records

ADMIN = "admin"
MAX_USERS = 1_000


class PasswordFile(Protocol):
    """Where the first password is left for who set the hub up."""

    def write(self, password: Secret) -> Path:
        """Write it to a file that only its owner can read, and say where. Blocks."""
        ...


class Ways(msgspec.Struct, frozen=True):
    """By what users sign in besides a password."""

    passkeys: Mapping[UserId, int]
    providers: Mapping[UserId, tuple[str, ...]]  # names of their settings' sections


class Accounts:
    """Users and their sessions."""

    def __init__(
        self,
        *,
        records: Records,
        clock: Clock,
        settings: AccountSettings,
        trusted: Collection[str] = (),
        passwords: Passwords | None = None,
    ) -> None:
        self.sessions = Sessions(records=records, clock=clock, settings=settings, trusted=trusted)
        self._people: PeopleRecords = records.people
        self._passkeys = records.passkeys
        self._signin = records.signin
        self._audit = records.audit
        self._standing = Standing(records=records.nodes)
        self._clock = clock
        self._passwords = passwords or Passwords()
        self._names = Throttle(clock=clock, limit=settings.failures_per_minute, window_s=60)
        limit = settings.failures_per_network_and_minute
        self._networks = Throttle(clock=clock, limit=limit, window_s=60)
        self._noted = Throttle(clock=clock, limit=1, window_s=60)

    async def first_start(self, space: SpaceId, file: PasswordFile) -> Path | None:
        """Make the user `admin` when there is no user, and say where its password is.

        The file comes first: a hub killed between the two makes both anew.
        """
        if self._people.users():
            return None
        password = random_password()
        path = await asyncio.to_thread(file.write, password)
        user = User(
            id=UserId(str(uuid.uuid4())),
            name=ADMIN,
            password_hash=await self._passwords.hash(password),
            roles={space: Role.ADMIN},
            created_ns=self._clock.now_ns(),
        )
        event = make_event(self._clock, Actor(name="hub"), "user.create", ADMIN, space=space)
        await asyncio.to_thread(self._people.create_user, user, event)
        return path

    async def sign_in(
        self, name: str, password: Secret, *, address: str, replaces: str = ""
    ) -> SignedIn:
        """Start a session; `replaces` is the cookie that came along, whose session ends.

        Errors: Unauthenticated, the same for whatever is wrong; LimitExceeded after many.
        """
        # 1: counted before the work, so that parallel tries count too
        name, network = name[:MAX_NAME], network_of(address)
        if wait_s := self._networks.take(network) or self._names.take(name):
            await self._note(name, address, "session.throttled", "limit_exceeded", per=network)
            raise LimitExceeded("too many failed sign-ins; wait a little", retry_after_s=wait_s)
        # 2
        user = self._people.user_named(name)
        known = user.password_hash if user and not user.disabled else ""
        if not await self._passwords.matches(password, known) or user is None:
            await self._note(name, address, "session.sign_in", "unauthenticated", user)
            raise Unauthenticated("name or password is wrong")
        self._names.give_back(name)
        self._networks.give_back(network)
        # 3
        return await self.sessions.start(user, address=address, replaces=replaces)

    async def actor(self, cookie: str, address: str) -> Actor | None:
        """Who a cookie stands for; None when it stands for nobody or has run out."""
        return await self.sessions.actor(cookie, address)

    def actor_now(self, cookie: str, address: str) -> Actor | None:
        """As `actor`, without waiting; None as well where that cannot be."""
        return self.sessions.actor_now(cookie, address)

    def users(self, actor: Actor | None) -> list[User]:
        """Those with a role in the actor's spaces, by name. Errors: Denied."""
        actor = require(actor, Action.USER_MANAGE)
        return [user for user in self._people.users() if self._standing.manages(actor, user)]

    def ways(self) -> Ways:
        """Of all users; for views of those that an actor may see."""
        providers: dict[UserId, tuple[str, ...]] = {}
        for each in self._signin.identities():
            providers[each.user] = (*providers.get(each.user, ()), each.provider)
        return Ways(self._passkeys.counts(), providers)

    async def create_user(
        self,
        actor: Actor | None,
        space: SpaceId,
        name: str,
        password: Secret,
        role: Role | None,
        room_roles: Mapping[RoomId, Role] | None = None,
    ) -> User:
        """Make a user who signs in with a password; without `role` with roles in rooms alone.

        Errors: NotFound for another's space or room; Denied, for an API token too; InputError;
                Conflict for a taken name.
        """
        actor = require_object(actor, Action.USER_MANAGE, space, "space")
        self._standing.require_given(actor, (), room_roles or ())
        _refuse_api_token(actor)
        if role is None and not room_roles:
            raise InputError("a user has a role in the space, or in a room of it")
        if len(self._people.users()) >= MAX_USERS:
            raise LimitExceeded(f"a hub has up to {MAX_USERS} users")
        user = User(
            id=UserId(str(uuid.uuid4())),
            name=check_user_name(name),
            password_hash=await self._passwords.hash(password),
            roles={space: role} if role else {},
            created_ns=self._clock.now_ns(),
            room_roles=dict(room_roles or {}),
        )
        event = self._event(actor, "user.create", user, role or "in rooms")
        await asyncio.to_thread(self._people.create_user, user, event)
        return user

    async def update_user(
        self,
        actor: Actor | None,
        id: str,
        *,
        password: Secret | None = None,
        role: Role | None = None,
        disabled: bool | None = None,
        roles: Mapping[SpaceId, Role | None] | None = None,
        room_roles: Mapping[RoomId, Role | None] | None = None,
        require_passkey: bool | None = None,
    ) -> User:
        """Change what is given. A new password or disabling ends the user's sessions.

        `role` is that in all the user's spaces, `roles` and `room_roles` are changes of single
        ones: None takes a role away.
        Errors: NotFound, Denied; Conflict for what would leave a space without an admin, and
                when the user was changed meanwhile.
        """
        wholly = any(value is not None for value in (password, role, disabled, require_passkey))
        user, actor = self._find(actor, id, wholly=wholly)
        if password is not None or require_passkey is not None:
            _refuse_api_token(actor)
        if role is not None and not user.roles:
            raise InputError("the user has roles in rooms alone; say in which space")
        if role is not None:
            roles = {**dict.fromkeys(user.roles, role), **(roles or {})}
        roles, room_roles = roles or {}, room_roles or {}
        changed = self._with_roles(actor, user, roles, room_roles)
        told = self._standing.told(roles, room_roles)
        if disabled is not None:
            changed = msgspec.structs.replace(changed, disabled=disabled)
            told.append("disabled" if disabled else "enabled")
        if password is not None:
            hashed = await self._passwords.hash(password)
            changed = msgspec.structs.replace(changed, password_hash=hashed)
            told.append("password")
        if require_passkey is not None:
            changed = msgspec.structs.replace(changed, require_passkey=require_passkey)
            told.append("passkey required" if require_passkey else "passkey optional")
        event = make_event(
            self._clock,
            actor,
            "user.update",
            user.name,
            detail=", ".join(told),
            space=self._standing.touched(user, roles, room_roles),
        )
        end = password is not None or bool(disabled)
        update = self._people.update_user
        await asyncio.to_thread(update, changed, event, before=user, end_sessions=end)
        return changed

    async def change_password(self, actor: Actor | None, old: Secret, new: Secret) -> None:
        """Anybody's own. It ends the user's sessions, this one too.

        Errors: Denied when the old one is wrong, and for an API token; LimitExceeded after
                many tries.
        """
        _refuse_api_token(actor)
        user = self._people.user_named(actor.name) if actor and actor.session else None
        if actor is None or user is None:
            raise Unauthenticated("not signed in; sign in first")
        if wait_s := self._names.take(user.name):
            raise LimitExceeded("too many wrong passwords; wait a little", retry_after_s=wait_s)
        if not await self._passwords.matches(old, user.password_hash):
            raise Denied("the old password is wrong")
        self._names.give_back(user.name)
        hashed = await self._passwords.hash(new)
        changed = msgspec.structs.replace(user, password_hash=hashed)
        event = self._event(actor, "user.update", user, "password")
        update = self._people.update_user
        await asyncio.to_thread(update, changed, event, before=user, end_sessions=True)

    async def first_password(self, actor: Actor | None, new: Secret) -> None:
        """Anybody's own who has none. Sessions go on.

        Errors: as `Sessions.recent`; Denied for an API token; Conflict when there is one.
        """
        _refuse_api_token(actor)
        user = self.sessions.recent(actor)
        if actor is None or user.password_hash:
            raise Conflict("you have a password; change it, by showing the one you have")
        changed = msgspec.structs.replace(user, password_hash=await self._passwords.hash(new))
        event = self._event(actor, "user.update", user, "first password")
        update = self._people.update_user
        await asyncio.to_thread(update, changed, event, before=user, end_sessions=False)

    async def remove_user(self, actor: Actor | None, id: str) -> None:
        """Errors: NotFound, Denied; Conflict for the last admin."""
        user, actor = self._find(actor, id, wholly=True)
        event = self._event(actor, "user.remove", user)
        await asyncio.to_thread(self._people.remove_user, user.id, event)

    def _find(self, actor: Actor | None, id: str, *, wholly: bool) -> tuple[User, Actor]:
        """A user of the actor's spaces; `wholly`: the actor manages all of the user's.

        A password or the end of a user is felt in every space: nobody reaches into another's.
        """
        actor = require(actor, Action.USER_MANAGE)
        user = self._people.user(UserId(id)) if is_id(id) else None
        if user is None or not self._standing.manages(actor, user):
            raise NotFound("no such user")
        for space in self._standing.spaces(user) if wholly else ():
            require(actor, Action.USER_MANAGE, space)
        return user, actor

    def _with_roles(
        self,
        actor: Actor,
        user: User,
        roles: Mapping[SpaceId, Role | None],
        room_roles: Mapping[RoomId, Role | None],
    ) -> User:
        self._standing.require_given(actor, roles, room_roles)
        changed = msgspec.structs.replace(
            user, roles=merged(user.roles, roles), room_roles=merged(user.room_roles, room_roles)
        )
        if not changed.roles and not changed.room_roles:
            raise InputError("nobody could help a user without a role; remove the user instead")
        return changed

    async def _note(
        self,
        name: str,
        address: str,
        action: str,
        outcome: str,
        user: User | None = None,
        *,
        per: str = "",
    ) -> None:
        """A refusal on record: one a minute per name, or per what `per` says.

        Names are invented freely, so refusals of a network are not counted by them.
        """
        if self._noted.take(f"{action} {per or name}"):
            return
        space = self._standing.home(user) if user else ""
        actor = Actor(name=name, address=address)
        event = make_event(self._clock, actor, action, name, outcome=outcome, space=space)
        await asyncio.to_thread(self._audit.add, event)

    def _event(self, actor: Actor, action: str, user: User, detail: str = "") -> AuditEvent:
        space = self._standing.home(user)
        return make_event(self._clock, actor, action, user.name, detail=detail, space=space)


def _refuse_api_token(actor: Actor | None) -> None:
    """A password outlives the token that set it. Errors: Denied."""
    if actor is not None and actor.token:
        raise Denied("an API token changes no sign-in; sign in, or use the hub's own machine")
