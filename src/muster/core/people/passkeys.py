"""Passkeys (WebAuthn): a way in of their own, a second factor, a proof to be still there.

Each ceremony has a challenge that is bound to who asked for it, is good for five minutes and
is used once. A signature count that goes back means that a copy of the key is at work: the
use is refused and told in the audit log.
Steps of a use: 1 take the challenge  2 find the passkey  3 check the signature  4 compare and
write the count  5 begin, or raise, the session.
"""

import asyncio
import os
from typing import Any

import msgspec

from muster.clock import Clock
from muster.core.access import require
from muster.core.audit import make_event
from muster.core.names import check_name, is_id
from muster.core.pending import Pending
from muster.core.people import webauthn
from muster.core.people.sessions import Sessions, SignedIn
from muster.core.people.standing import Standing
from muster.core.people.webauthn import PasskeyRefused, Site, check_site
from muster.core.throttle import Throttle
from muster.errors import Denied, LimitExceeded, NotFound, StepUpRequired, Unauthenticated
from muster.model.access import Action, Actor, AuditEvent, User
from muster.model.address import network_of
from muster.model.ids import UserId
from muster.model.signin import Passkey
from muster.ports.records import Records

MAX_PASSKEYS = 20  # of one user
CHALLENGE_S = 300.0
_PER_NETWORK = 120  # challenges and tries of strangers, a minute


class _Challenge(msgspec.Struct, frozen=True):
    bytes: bytes
    site: Site
    user: str = ""  # a passkey is made for


class Passkeys:
    """Everybody's passkeys. `hub` is the name shown by authenticators."""

    def __init__(self, *, records: Records, clock: Clock, sessions: Sessions, hub: str) -> None:
        self._passkeys = records.passkeys
        self._people = records.people
        self._audit = records.audit
        self._standing = Standing(records=records.nodes)
        self._sessions = sessions
        self._clock = clock
        self._hub = hub
        self._pending = Pending[_Challenge](clock=clock, lifetime_s=CHALLENGE_S)
        self._strangers = Throttle(clock=clock, limit=_PER_NETWORK, window_s=60)
        self._noted = Throttle(clock=clock, limit=1, window_s=60)

    def offer_creation(self, actor: Actor | None, site: Site) -> dict[str, Any]:
        """Options to make a passkey for who is signed in. Errors: as `create`."""
        actor, user = self._maker(actor)
        return self.offer_creation_for(user.id, user.name, actor.session, site)

    def offer_creation_for(self, user: str, name: str, holder: str, site: Site) -> dict[str, Any]:
        """The same for a user that is yet to be made; `holder` is who may answer."""
        challenge = self._challenge(f"create {holder}", holder, site, user)
        known = self._passkeys.passkeys(UserId(user))
        return webauthn.creation_options(
            site, challenge, hub=self._hub, user=user, name=name, known=known
        )

    def made_for(
        self, user: str, holder: str, site: Site, credential: dict[str, Any], name: str
    ) -> Passkey:
        """The passkey an authenticator has made, checked and not yet kept."""
        challenge = self._take(f"create {holder}", holder, site)
        if challenge.user != user:
            raise PasskeyRefused("passkey refused: it was begun for somebody else")
        made = webauthn.check_creation(site, challenge.bytes, credential)
        return Passkey(
            id=made.id,
            user=UserId(user),
            name=check_name(name, "passkey name"),
            domain=site.domain,
            public_key=made.public_key,
            sign_count=made.sign_count,
            created_ns=self._clock.now_ns(),
            synced=made.synced,
        )

    async def create(
        self, actor: Actor | None, cookie: str, site: Site, credential: dict[str, Any], name: str
    ) -> tuple[Passkey, SignedIn | None]:
        """Keep a new passkey of who is signed in; making one proves to be there.

        Errors: Denied for an API token, and for a session that lacks a second factor there
                is; StepUpRequired; PasskeyRefused; Conflict, LimitExceeded.
        """
        actor, user = self._maker(actor)
        passkey = self.made_for(user.id, actor.session, site, credential, name)
        event = self._event(actor, "passkey.add", user, f"{passkey.name} for {site.domain}")
        add = self._passkeys.add_passkey
        await asyncio.to_thread(add, passkey, event, most=MAX_PASSKEYS)
        return passkey, await self._sessions.prove(cookie, actor.address)

    def offer_sign_in(self, holder: str, site: Site, address: str) -> dict[str, Any]:
        """Options to sign in by passkey alone: its person is recognised by it."""
        self._count(address)
        challenge = self._challenge(f"sign in {holder}", holder, site)
        return webauthn.request_options(site, challenge, verify=True)

    async def sign_in(
        self,
        holder: str,
        site: Site,
        credential: dict[str, Any],
        *,
        address: str,
        replaces: str = "",
    ) -> SignedIn:
        """Begin a session by passkey alone. Errors: Unauthenticated, the same whatever is wrong."""
        self._count(address)
        try:
            challenge = self._take(f"sign in {holder}", holder, site)
            passkey, user = self._found(credential)
            if webauthn.user_in(credential) != user.id:
                raise PasskeyRefused("passkey refused: it names another user")
            await self._use(challenge, site, credential, passkey, user, address, verify=True)
        except PasskeyRefused as error:
            await self._note(address, str(error))
            raise Unauthenticated("this passkey is not known here, or has been refused") from error
        return await self._sessions.start(
            user, address=address, replaces=replaces, method="passkey", by_passkey=True
        )

    def offer_step_up(self, cookie: str, site: Site) -> dict[str, Any]:
        """Options to show one's own passkey again. Errors: NotFound without one for this name."""
        session, user = self._sessions.find(cookie)
        own = [each for each in self._passkeys.passkeys(user.id) if each.domain == site.domain]
        if not own:
            raise NotFound(f"you have no passkey for {site.domain}; sign in anew instead")
        challenge = self._challenge(f"step up {session.id_sha256}", session.id_sha256, site)
        return webauthn.request_options(site, challenge, allowed=own, verify=False)

    async def step_up(
        self, cookie: str, site: Site, credential: dict[str, Any], address: str
    ) -> SignedIn | None:
        """Show one's own passkey. A session that becomes whole by it gets another cookie.

        Errors: Unauthenticated without a session; PasskeyRefused.
        """
        session, user = self._sessions.find(cookie)
        self._count(address)
        holder = session.id_sha256
        challenge = self._take(f"step up {holder}", holder, site)
        passkey, owner = self._found(credential)
        if owner.id != user.id:
            raise PasskeyRefused("passkey refused: it is somebody else's")
        await self._use(challenge, site, credential, passkey, user, address, verify=False)
        return await self._sessions.prove(cookie, address)

    def passkeys(self, actor: Actor | None, user: str = "") -> list[Passkey]:
        """One's own, or as an admin somebody else's; oldest first. Errors: NotFound, Denied."""
        return self._passkeys.passkeys(self._owner(actor, user).id)

    def wanted(self, actor: Actor | None) -> tuple[bool, bool]:
        """Whether one's own sign-in is to take a passkey: by one's own wish, and in fact."""
        owner = self._owner(actor, "")
        return owner.require_passkey, self._sessions.needs_passkey(owner)

    async def rename(self, actor: Actor | None, id: str, name: str) -> Passkey:
        """One's own. Errors: NotFound, InputError."""
        owner = self._owner(actor, "")
        _refuse_api_token(actor)
        passkey = self._of(owner, id)
        name = check_name(name, "passkey name")
        event = self._event(_known(actor), "passkey.rename", owner, f"{passkey.name} to {name}")
        await asyncio.to_thread(self._passkeys.rename_passkey, id, name, event)
        return msgspec.structs.replace(passkey, name=name)

    async def remove(self, actor: Actor | None, id: str, user: str = "") -> None:
        """One's own, or as an admin somebody else's, whose sessions end: its device may be lost.

        Errors: NotFound, Denied; Conflict for one's own last where signing in takes one.
        """
        owner = self._owner(actor, user)
        _refuse_api_token(actor)
        passkey = self._of(owner, id)
        keep_one = not user and self._sessions.needs_passkey(owner)
        event = self._event(_known(actor), "passkey.remove", owner, passkey.name)
        remove = self._passkeys.remove_passkey
        end = bool(user)
        await asyncio.to_thread(remove, passkey.id, event, keep_one=keep_one, end_sessions=end)

    async def require_own(self, actor: Actor | None, wanted: bool) -> None:
        """Let one's own sign-in take a passkey, or no more. Errors: Denied without any."""
        owner = self._owner(actor, "")
        _refuse_api_token(actor)
        if wanted and not self._passkeys.passkeys(owner.id):
            raise Denied("make a passkey first, then require it")
        changed = msgspec.structs.replace(owner, require_passkey=wanted)
        event = self._event(_known(actor), "user.update", owner, "passkey required")
        update = self._people.update_user
        await asyncio.to_thread(update, changed, event, before=owner, end_sessions=False)

    def _maker(self, actor: Actor | None) -> tuple[Actor, User]:
        """Who may make a passkey: a person, who has shown one if there is one."""
        if actor is None:
            raise Unauthenticated("not signed in; sign in first")
        user = self._people.user_named(actor.name) if actor.session else None
        if user is None:
            raise Denied("passkeys are made by people who are signed in, in their browser")
        if not actor.is_whole and self._passkeys.passkeys(user.id):
            raise Denied("show the passkey you have before you make another")
        if actor.is_stale:
            raise StepUpRequired("show a passkey you have before you make another")
        return actor, user

    def _owner(self, actor: Actor | None, id: str) -> User:
        """Whose passkeys are meant: one's own, or a user's whom the actor manages wholly."""
        if not id:
            actor = require(actor, Action.HUB_READ)
            own = None if actor.operator else self._people.user_named(actor.name)
            if own is None:
                raise NotFound("say whose passkeys are meant")
            return own
        actor = require(actor, Action.USER_MANAGE)
        user = self._people.user(UserId(id)) if is_id(id) else None
        if user is None or not self._standing.manages(actor, user):
            raise NotFound("no such user")
        for space in self._standing.spaces(user):
            require(actor, Action.USER_MANAGE, space)
        return user

    def _of(self, owner: User, id: str) -> Passkey:
        for passkey in self._passkeys.passkeys(owner.id):
            if passkey.id == id:
                return passkey
        raise NotFound("no such passkey")

    def _challenge(self, key: str, holder: str, site: Site, user: str = "") -> bytes:
        challenge = os.urandom(32)
        self._pending.add(key, holder, _Challenge(challenge, check_site(site), user))
        return challenge

    def _take(self, key: str, holder: str, site: Site) -> _Challenge:
        challenge = self._pending.take(key, holder)
        if challenge is None or challenge.site != site:
            raise PasskeyRefused("passkey refused: it took too long, or was answered already")
        return challenge

    def _found(self, credential: dict[str, Any]) -> tuple[Passkey, User]:
        passkey = self._passkeys.passkey(webauthn.id_in(credential))
        user = self._people.user(passkey.user) if passkey else None
        if passkey is None or user is None or user.disabled:
            raise PasskeyRefused("passkey refused: it is not known here")
        return passkey, user

    async def _use(
        self,
        challenge: _Challenge,
        site: Site,
        credential: dict[str, Any],
        passkey: Passkey,
        user: User,
        address: str,
        *,
        verify: bool,
    ) -> None:
        count = webauthn.check_assertion(site, challenge.bytes, credential, passkey, verify=verify)
        use = self._passkeys.use_passkey
        if not await asyncio.to_thread(use, passkey.id, count, self._clock.now_ns()):
            actor = Actor(name=user.name, address=address)
            detail = f"{passkey.name}: its count went back to {count}; it may be copied"
            event = self._event(actor, "passkey.copied", user, detail, PasskeyRefused.code)
            await asyncio.to_thread(self._audit.add, event)
            raise PasskeyRefused("passkey refused: its count went back, so it may be a copy")

    def _count(self, address: str) -> None:
        if wait_s := self._strangers.take(network_of(address)):
            raise LimitExceeded("too many tries; wait a little", retry_after_s=wait_s)

    async def _note(self, address: str, why: str) -> None:
        """A refused sign-in on record: one a minute and network."""
        if self._noted.take(network_of(address)):
            return
        stranger = Actor(name="stranger", address=address)
        event = make_event(
            self._clock,
            stranger,
            "session.sign_in",
            "passkey",
            outcome=Unauthenticated.code,
            detail=why,
        )
        await asyncio.to_thread(self._audit.add, event)

    def _event(
        self, actor: Actor, action: str, user: User, detail: str = "", outcome: str = "ok"
    ) -> AuditEvent:
        space = self._standing.home(user)
        return make_event(
            self._clock, actor, action, user.name, detail=detail, space=space, outcome=outcome
        )


def _known(actor: Actor | None) -> Actor:
    if actor is None:  # `_owner` has refused already
        raise Unauthenticated("not signed in; sign in first")
    return actor


def _refuse_api_token(actor: Actor | None) -> None:
    """How one signs in is no program's business. Errors: Denied."""
    if actor is not None and actor.token:
        raise Denied("an API token changes no sign-in; sign in, or use the hub's own machine")
