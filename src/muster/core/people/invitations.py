"""Invitations: a link by which one person becomes a user, with a password, a passkey or both.

An admin says name and roles; the link's secret is 256 random bits of which only the hash is
kept. It stands behind the `#` of the link, which browsers send to no server, so it is in no
log. It is good once, until its end, and not after it was revoked.
"""

import asyncio
import hashlib
import os
import re
import uuid
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import msgspec

from muster.clock import Clock, span_ns
from muster.core.access import require, require_object, spaces_of
from muster.core.audit import make_event
from muster.core.names import check_user_name, is_id
from muster.core.people.accounts import MAX_USERS
from muster.core.people.passkeys import Passkeys
from muster.core.people.passwords import Passwords
from muster.core.people.sessions import Sessions, SignedIn
from muster.core.people.standing import Standing
from muster.core.people.webauthn import Site
from muster.core.throttle import Throttle
from muster.errors import Denied, InputError, LimitExceeded, NotFound
from muster.log import Secret
from muster.model.access import Action, Actor, AuditEvent, Role, User
from muster.model.address import network_of
from muster.model.base64url import format_base64url
from muster.model.ids import RoomId, SpaceId, UserId
from muster.model.signin import Invitation
from muster.ports.records import Records

PREFIX = "minv1_"
MAX_OPEN = 1_000
MAX_LIFETIME = timedelta(days=90)  # whatever the settings say
_SECRET = re.compile(r"minv1_[A-Za-z0-9_-]{43}")
_PER_NETWORK = 60  # looks at invitations a minute


class InvitationSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """[invitations] of the hub's configuration."""

    lifetime: timedelta = timedelta(days=7)  # how long an invitation is good for when nobody says
    lifetime_max: timedelta = timedelta(days=30)  # the longest that may be asked for
    keep: timedelta = timedelta(days=30)  # how long invitations that ended stay listed


class NoInvitation(NotFound):
    """The secret opens nothing, or nothing any more."""

    code = "invitation_unknown"


class Invited(msgspec.Struct, frozen=True, kw_only=True):
    """An invitation just made: the only moment its secret exists on the hub."""

    record: Invitation
    secret: Secret


class Answered(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody who follows a link gives."""

    secret: Secret
    password: Secret | None = None
    credential: dict[str, Any] | None = None
    passkey_name: str = "Passkey"


class Invitations:
    """What is done with invitations, and by them."""

    def __init__(
        self,
        *,
        records: Records,
        clock: Clock,
        settings: InvitationSettings,
        sessions: Sessions,
        passkeys: Passkeys,
        passwords: Passwords | None = None,
    ) -> None:
        self._records = records.signin
        self._people = records.people
        self._nodes = records.nodes
        self._standing = Standing(records=records.nodes)
        self._sessions = sessions
        self._passkeys = passkeys
        self._passwords = passwords or Passwords()
        self._clock = clock
        self._settings = settings
        self._strangers = Throttle(clock=clock, limit=_PER_NETWORK, window_s=60)

    async def create(
        self,
        actor: Actor | None,
        space: SpaceId,
        name: str,
        role: Role | None,
        *,
        room_roles: Mapping[RoomId, Role] | None = None,
        lifetime: timedelta | None = None,
    ) -> Invited:
        """Invite somebody under a name. Errors: as making a user; InputError for a lifetime."""
        actor = require_object(actor, Action.USER_MANAGE, space, "space")
        self._standing.require_given(actor, (), room_roles or ())
        if actor.token:
            raise Denied("an API token invites nobody; sign in, or use the hub's own machine")
        if role is None and not room_roles:
            raise InputError("a user has a role in the space, or in a room of it")
        lifetime = lifetime if lifetime is not None else self._settings.lifetime
        longest = min(self._settings.lifetime_max, MAX_LIFETIME)
        if not timedelta(seconds=1) <= lifetime <= longest:
            raise InputError(f"an invitation is good for 1 s to {longest}, not {lifetime}")
        secret = PREFIX + format_base64url(os.urandom(32))
        now_ns = self._clock.now_ns()
        record = Invitation(
            id=str(uuid.uuid4()),
            sha256=_hash(secret),
            user=UserId(str(uuid.uuid4())),
            name=check_user_name(name),
            roles={space: role} if role else {},
            room_roles=dict(room_roles or {}),
            created_ns=now_ns,
            expires_ns=now_ns + span_ns(lifetime),
            created_by=actor.name,
        )
        await asyncio.to_thread(self._create, record, self._event(actor, "create", record))
        return Invited(record=record, secret=Secret(secret))

    def invitations(self, actor: Actor | None) -> list[Invitation]:
        """Those into spaces where the actor manages people, newest first. Errors: Denied."""
        actor = require(actor, Action.USER_MANAGE)
        spaces = spaces_of(actor, Action.USER_MANAGE)
        known = self._records.invitations()
        return [each for each in known if spaces is None or spaces & self._spaces(each)]

    def state_of(self, invitation: Invitation) -> str:
        """`open`, `used`, `revoked` or `expired`, now."""
        return invitation.state(self._clock.now_ns())

    async def revoke(self, actor: Actor | None, id: str) -> None:
        """End one now. Errors: NotFound for another space's; Denied."""
        found = self._records.invitation(id) if is_id(id) else None
        if found is None:
            require(actor, Action.USER_MANAGE)
            raise NotFound("no such invitation")
        for space in self._spaces(found):
            actor = require_object(actor, Action.USER_MANAGE, space, "invitation")
        actor = require(actor, Action.USER_MANAGE)
        event = self._event(actor, "revoke", found)
        revoke = self._records.revoke_invitation
        await asyncio.to_thread(revoke, found.id, self._clock.now_ns(), event)

    def show(self, secret: Secret, address: str) -> Invitation:
        """The open invitation of a secret. Errors: NoInvitation; LimitExceeded after many."""
        if wait_s := self._strangers.take(network_of(address)):
            raise LimitExceeded("too many tries; wait a little", retry_after_s=wait_s)
        return self._open(secret)

    def offer_passkey(
        self, secret: Secret, holder: str, site: Site, address: str
    ) -> dict[str, Any]:
        """Options to make a passkey for who is invited. Errors: as `show`; InputError."""
        found = self.show(secret, address)
        return self._passkeys.offer_creation_for(found.user, found.name, holder, site)

    async def accept(
        self, given: Answered, holder: str, site: Site, *, address: str, replaces: str = ""
    ) -> SignedIn:
        """Make the user and begin the first session.

        Errors: NoInvitation; InputError without password and passkey; PasskeyRefused; Conflict
                when the name was taken meanwhile. Nothing is changed then.
        """
        found = self.show(given.secret, address)
        if given.password is None and given.credential is None:
            raise InputError("choose a password, make a passkey, or both")
        hashed = await self._passwords.hash(given.password) if given.password else ""
        passkey = None
        if given.credential is not None:
            passkey = self._passkeys.made_for(
                found.user, holder, site, given.credential, given.passkey_name
            )
        now_ns, roles = self._clock.now_ns(), self._left(found.roles)
        if not roles and not found.room_roles:
            raise NoInvitation("the space of this invitation is gone; ask for another")
        user = User(
            id=found.user,
            name=found.name,
            password_hash=hashed,
            roles=roles,
            created_ns=now_ns,
            room_roles=found.room_roles,
        )
        event = self._event(Actor(name=found.name, address=address), "accept", found)
        accept = self._records.accept_invitation
        await asyncio.to_thread(accept, found.id, user, passkey, now_ns, event)
        kept = self._people.user(user.id) or user  # rooms that are gone were left out
        return await self._sessions.start(
            kept,
            address=address,
            replaces=replaces,
            method="invitation",
            by_passkey=passkey is not None,
        )

    async def prune(self) -> int:
        """Forget those that ended long ago; how many."""
        before_ns = self._clock.now_ns() - span_ns(self._settings.keep)
        return await asyncio.to_thread(self._records.prune_invitations, before_ns)

    def _create(self, record: Invitation, event: AuditEvent) -> None:
        now_ns = record.created_ns
        known = [each for each in self._records.invitations() if each.state(now_ns) == "open"]
        if len(known) >= MAX_OPEN or len(self._people.users()) >= MAX_USERS:
            raise LimitExceeded(f"a hub has up to {MAX_OPEN} open invitations and as many users")
        self._records.create_invitation(record, event)

    def _open(self, secret: Secret) -> Invitation:
        text = secret.reveal()
        found = self._records.find_invitation(_hash(text)) if _SECRET.fullmatch(text) else None
        if found is None or self.state_of(found) != "open":
            raise NoInvitation("this invitation is used, revoked or expired; ask for another")
        return found

    def _spaces(self, invitation: Invitation) -> frozenset[SpaceId]:
        return self._standing.spaces(_as_user(invitation))

    def _left(self, roles: Mapping[SpaceId, Role]) -> dict[SpaceId, Role]:
        """Without spaces that are gone since."""
        known = {space.id for space in self._nodes.spaces()}
        return {space: role for space, role in roles.items() if space in known}

    def _event(self, actor: Actor, deed: str, invitation: Invitation) -> AuditEvent:
        held = [*invitation.roles.values(), *invitation.room_roles.values()]
        return make_event(
            self._clock,
            actor,
            f"invitation.{deed}",
            invitation.name,
            detail=", ".join(held),
            space=self._standing.home(_as_user(invitation)),
        )


def _as_user(invitation: Invitation) -> User:
    return User(
        id=invitation.user,
        name=invitation.name,
        password_hash="",
        roles=invitation.roles,
        room_roles=invitation.room_roles,
        created_ns=0,
    )


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
