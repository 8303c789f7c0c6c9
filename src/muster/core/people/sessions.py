"""Sessions of browsers: begun, recognised, proved again, ended.

A session is 256 random bits in a cookie; only their hash is kept. Whoever has proved who they
are (password, passkey, OpenID provider, invitation) gets one here, in place of the one that
was there. A session that lacks a second factor is no whole one: it may show a passkey, or make
the first one, and nothing else. When it becomes whole its cookie is another.
"""

import asyncio
import contextlib
import hashlib
import secrets
from collections.abc import Collection
from datetime import timedelta

import msgspec

from muster.clock import SECOND_NS, Clock, span_ns
from muster.core.audit import make_event
from muster.core.people.standing import Standing
from muster.errors import (
    Conflict,
    FirstPasskeyRequired,
    NotFound,
    SecondFactorRequired,
    SignInAgain,
    StepUpRequired,
    Unauthenticated,
    Unavailable,
)
from muster.log import Secret
from muster.model.access import Actor, AuditEvent, Role, User
from muster.ports.records import Records, Session

_TOUCH_NS = 60 * SECOND_NS  # how exact the last use of a session is kept
_MAX_COOKIE = 100


class AccountSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """[accounts] of the hub's configuration."""

    session_idle: timedelta = timedelta(days=7)  # a sign-in ends when it is not used for so long
    session_absolute: timedelta = timedelta(days=30)  # the longest a sign-in lasts, used or not
    failures_per_minute: int = 10  # wrong passwords per name; further tries wait
    failures_per_network_and_minute: int = 30  # wrong passwords from one /24 (IPv4) or /56 (IPv6)
    # whether everybody signs in with a passkey beside the password
    require_second_factor: bool = False
    # how long after a sign-in dangerous deeds take no passkey again
    fresh: timedelta = timedelta(minutes=10)


class SignedIn(msgspec.Struct, frozen=True, kw_only=True):
    """A new session: `cookie` is the only copy of its id."""

    cookie: Secret
    actor: Actor
    max_age_s: int


class Sessions:
    """Everybody's. `trusted` names methods (`oidc:corp`) that bring two factors themselves."""

    def __init__(
        self,
        *,
        records: Records,
        clock: Clock,
        settings: AccountSettings,
        trusted: Collection[str] = (),
    ) -> None:
        self._people = records.people
        self._passkeys = records.passkeys
        self._standing = Standing(records=records.nodes)
        self._clock = clock
        self._settings = settings
        self._trusted = frozenset(trusted)

    async def start(
        self,
        user: User,
        *,
        address: str,
        replaces: str = "",
        method: str = "password",
        by_passkey: bool = False,
    ) -> SignedIn:
        """Begin one; `replaces` is the cookie that came along, whose session ends.

        Errors: Unauthenticated when the user was changed or removed meanwhile.
        """
        now_ns = self._clock.now_ns()
        session = Session(
            id_sha256="",
            user=user.id,
            created_ns=now_ns,
            seen_ns=now_ns,
            address=address,
            method=method,
            proved_ns=now_ns,
            passkey_ns=now_ns if by_passkey else 0,
        )
        return await self._begin(session, user, "session.sign_in", replaces)

    async def prove(self, cookie: str, address: str) -> SignedIn | None:
        """Note that the person of a session has shown a passkey.

        A session that becomes whole by it goes on under another cookie, which is returned.
        Errors: Unauthenticated when there is no such session.
        """
        session, user = self.find(cookie)
        now_ns = self._clock.now_ns()
        if self._is_whole(session, user):
            actor = self._actor(session, user, address)
            event = self._event(actor, "session.step_up", user)
            await asyncio.to_thread(self._people.prove_session, session.id_sha256, now_ns, event)
            return None
        proved = msgspec.structs.replace(
            session, seen_ns=now_ns, address=address, proved_ns=now_ns, passkey_ns=now_ns
        )
        return await self._begin(proved, user, "session.second_factor", cookie)

    def find(self, cookie: str) -> tuple[Session, User]:
        """A session that runs, and its user. Errors: Unauthenticated."""
        if cookie and len(cookie) <= _MAX_COOKIE:
            session = self._people.session(hash_of(cookie))
            user = self._people.user(session.user) if session else None
            if session and user and self._runs(session) and not user.disabled:
                return session, user
        raise Unauthenticated("not signed in; sign in first")

    def method_of(self, cookie: str) -> str:
        """How a session began; empty for none."""
        session = self._people.session(hash_of(cookie)) if cookie else None
        return session.method if session else ""

    async def actor(self, cookie: str, address: str) -> Actor | None:
        """Who a cookie stands for; None when it stands for nobody or has run out."""
        try:
            session, user = self.find(cookie)
        except Unauthenticated:
            return None
        if self._is_touch_due(session):
            with contextlib.suppress(Unavailable):  # a full disk keeps nobody from reading
                now_ns = self._clock.now_ns()
                await asyncio.to_thread(self._people.touch_session, session.id_sha256, now_ns)
        return self._actor(session, user, address)

    def actor_now(self, cookie: str, address: str) -> Actor | None:
        """As `actor`, without waiting; None as well where its use has to be noted."""
        try:
            session, user = self.find(cookie)
        except Unauthenticated:
            return None
        return None if self._is_touch_due(session) else self._actor(session, user, address)

    def _is_touch_due(self, session: Session) -> bool:
        return self._clock.now_ns() - session.seen_ns > _TOUCH_NS

    async def end(self, cookie: str) -> None:
        """End a session; one that is not there is no error."""
        id_sha256 = hash_of(cookie)
        session = self._people.session(id_sha256)
        user = self._people.user(session.user) if session else None
        if session and user:
            event = self._event(
                self._actor(session, user, session.address), "session.sign_out", user
            )
            await asyncio.to_thread(self._people.end_session, id_sha256, event)

    async def prune(self) -> int:
        """Forget sessions that have run out; how many."""
        now_ns = self._clock.now_ns()
        created = now_ns - span_ns(self._settings.session_absolute)
        seen = now_ns - span_ns(self._settings.session_idle)
        return await asyncio.to_thread(self._people.prune_sessions, created, seen)

    def require_whole(self, actor: Actor) -> None:
        """Errors: SecondFactorRequired, or FirstPasskeyRequired, for a session that lacks one."""
        if actor.is_whole:
            return
        user = self._people.user_named(actor.name)
        if user and not self._passkeys.passkeys(user.id):
            raise FirstPasskeyRequired("signing in here takes a passkey; make yours now")
        raise SecondFactorRequired("show your passkey to finish signing in")

    def recent(self, actor: Actor | None) -> User:
        """Who has signed in, or shown a passkey, minutes ago: for what gives another way in.

        Errors: Unauthenticated without a session; StepUpRequired, or SignInAgain for who has
                no passkey to show.
        """
        session = self._people.session(actor.session) if actor and actor.session else None
        user = self._people.user(session.user) if session else None
        if session is None or user is None:
            raise Unauthenticated("not signed in; sign in first, in a browser")
        if self._is_recent(session):
            return user
        if self._passkeys.passkeys(user.id):
            raise StepUpRequired("show your passkey again to go on")
        raise SignInAgain("you signed in a while ago: sign out, sign in, and do it then")

    def needs_passkey(self, user: User) -> bool:
        """Whether the user, a space of theirs or the hub wants a second factor."""
        return (
            user.require_passkey
            or self._settings.require_second_factor
            or self._standing.wants_second_factor(user)
        )

    async def _begin(self, session: Session, user: User, action: str, replaces: str) -> SignedIn:
        cookie = secrets.token_urlsafe(32)
        session = msgspec.structs.replace(session, id_sha256=hash_of(cookie))
        actor = self._actor(session, user, session.address)
        event = self._event(actor, action, user, session.method)
        replaced = hash_of(replaces) if replaces else ""
        try:
            await asyncio.to_thread(
                self._people.add_session,
                session,
                replaced,
                event,
                password_hash=user.password_hash,
            )
        except (Conflict, NotFound) as error:  # changed or removed while it was checked
            raise Unauthenticated("name or password is wrong") from error
        left_ns = span_ns(self._settings.session_absolute)
        left_ns -= self._clock.now_ns() - session.created_ns
        return SignedIn(cookie=Secret(cookie), actor=actor, max_age_s=max(1, left_ns // SECOND_NS))

    def _actor(self, session: Session, user: User, address: str) -> Actor:
        return Actor(
            name=user.name,
            roles=user.roles,
            address=address,
            session=session.id_sha256,
            room_roles=user.room_roles,
            reaches_hub=self._standing.reaches_hub(user, Role.ADMIN),
            is_whole=self._is_whole(session, user),
            is_stale=self._is_stale(session, user),
        )

    def _is_whole(self, session: Session, user: User) -> bool:
        return (
            session.passkey_ns > 0
            or session.method in self._trusted
            or not self.needs_passkey(user)
        )

    def _is_stale(self, session: Session, user: User) -> bool:
        return not self._is_recent(session) and bool(self._passkeys.passkeys(user.id))

    def _is_recent(self, session: Session) -> bool:
        proved_ns = max(session.proved_ns, session.created_ns)
        return self._clock.now_ns() - proved_ns <= span_ns(self._settings.fresh)

    def _runs(self, session: Session) -> bool:
        now_ns = self._clock.now_ns()
        is_young = now_ns - session.created_ns < span_ns(self._settings.session_absolute)
        return is_young and now_ns - session.seen_ns < span_ns(self._settings.session_idle)

    def _event(self, actor: Actor, action: str, user: User, detail: str = "") -> AuditEvent:
        space = self._standing.home(user)
        return make_event(self._clock, actor, action, user.name, detail=detail, space=space)


def hash_of(cookie: str) -> str:
    """What is kept of a cookie."""
    return hashlib.sha256(cookie.encode(errors="replace")).hexdigest()
