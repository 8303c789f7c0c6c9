"""Identities at OpenID providers that a user links to themselves, and takes away again.

Who is a user already goes on with the roles they were given here: groups decide for users whom
a provider has made, and such an identity stays with its user. A link is made by who is signed in
and was seen minutes ago, and by an answer of the provider to the same browser.
"""

import asyncio
import hashlib

import msgspec

from muster.clock import Clock
from muster.core.access import require
from muster.core.audit import make_event
from muster.core.names import is_id
from muster.core.people.idtoken import OidcRefused
from muster.core.people.sessions import Sessions
from muster.core.people.standing import Standing
from muster.errors import Conflict, Denied, NotFound, Unauthenticated
from muster.model.access import Action, Actor, AuditEvent, User
from muster.model.ids import UserId
from muster.model.signin import ForeignIdentity
from muster.ports.records import Records

MOST = 10  # of one user
_NO_TOKEN = "an API token changes no sign-in; sign in, or use the hub's own machine"  # noqa: S105


class Linking(msgspec.Struct, frozen=True):
    """Who is about to link an identity, by which session."""

    user: UserId
    session: str


class ForeignLinks:
    """One's own identities."""

    def __init__(self, *, records: Records, clock: Clock, sessions: Sessions) -> None:
        self._people = records.people
        self._signin = records.signin
        self._standing = Standing(records=records.nodes)
        self._clock = clock
        self._sessions = sessions

    def begin(self, actor: Actor | None) -> Linking:
        """Before the browser leaves for the provider. Errors: as `Sessions.recent`; Denied."""
        if actor is not None and not actor.is_whole:
            self._sessions.require_whole(actor)
        user = self._sessions.recent(actor)
        return Linking(user.id, actor.session if actor else "")

    async def finish(
        self, linking: Linking, issuer: str, subject: str, provider: str, address: str
    ) -> None:
        """The provider has said who it is. Errors: OidcRefused; LimitExceeded."""
        session = self._people.session(linking.session)
        user = self._people.user(linking.user)
        if session is None or user is None or user.disabled or session.user != user.id:
            raise OidcRefused("session", "you signed out meanwhile; sign in and link again")
        known = self._signin.identity(issuer, subject)
        if known is not None and known.user == user.id:
            return
        now_ns = self._clock.now_ns()
        identity = ForeignIdentity(
            issuer=issuer,
            subject=subject,
            user=user.id,
            provider=provider,
            created_ns=now_ns,
            used_ns=0,
            linked=True,
        )
        event = self._event(Actor(name=user.name, address=address), "identity.link", user, provider)
        try:
            await asyncio.to_thread(self._signin.link_identity, identity, event, most=MOST)
        except Conflict as error:
            text = "that identity belongs to another user here; an admin can help"
            raise OidcRefused("linked_elsewhere", text) from error

    def identities(self, actor: Actor | None) -> list[ForeignIdentity]:
        """One's own. Errors: Unauthenticated; Denied for who is no user."""
        return self._signin.identities(self.owner(actor).id)

    async def unlink(self, actor: Actor | None, id: str) -> None:
        """Take a linked one away. Errors: NotFound; Denied; Conflict for the last way in."""
        user = self.owner(actor)
        if actor is None or actor.token:
            raise Denied(_NO_TOKEN)
        found = next((each for each in self.identities(actor) if id_of(each) == id), None)
        if found is None:
            raise NotFound("no such identity")
        if not found.linked:
            raise Denied("this identity made you a user here, and its groups give your roles")
        event = self._event(actor, "identity.unlink", user, found.provider)
        await asyncio.to_thread(self._signin.unlink_identity, found, event)

    async def unlink_all(self, actor: Actor | None, id: str) -> int:
        """As an admin: take away all that a user has linked, as after a theft; how many.

        Errors: NotFound for another space's user; Denied, for an API token too.
        """
        actor = require(actor, Action.USER_MANAGE)
        user = self._people.user(UserId(id)) if is_id(id) else None
        if user is None or not self._standing.manages(actor, user):
            raise NotFound("no such user")
        for space in self._standing.spaces(user):
            require(actor, Action.USER_MANAGE, space)
        if actor.token:
            raise Denied(_NO_TOKEN)
        event = self._event(actor, "identity.unlink", user, "all that were linked")
        return await asyncio.to_thread(self._signin.unlink_identities, user.id, event)

    def owner(self, actor: Actor | None) -> User:
        """The user who asks. Errors: Unauthenticated; NotFound for the operator."""
        if actor is None:
            raise Unauthenticated("not signed in; sign in first")
        user = None if actor.operator else self._people.user_named(actor.name)
        if user is None:
            raise NotFound("no such user")
        return user

    def _event(self, actor: Actor, action: str, user: User, provider: str) -> AuditEvent:
        space = self._standing.home(user)
        return make_event(self._clock, actor, action, user.name, detail=provider, space=space)


def id_of(identity: ForeignIdentity) -> str:
    """By what an identity is named in a path: a digest of what identifies it."""
    text = f"{identity.issuer}\0{identity.subject}"
    return hashlib.sha256(text.encode()).hexdigest()[:32]
