"""API tokens: made, listed, ended, and recognised when a program shows one.

A token is 256 random bits of which only the hash is kept. It acts as its role in every space
and room where its owner holds that role or more. It ends at its time, when it is revoked, and for
good when its owner is removed, disabled or made less than it (store/records/apitokens.py).

Who may what: a person makes tokens of their own, the operator for anybody, a token none: else
a leaked one would have no end. Own tokens are seen and ended by their owner, everybody's by
admins of all the owner's spaces; a token itself ends no other, unless it is an admin's.
"""

import asyncio
import base64
import contextlib
import hashlib
import os
from collections.abc import Callable
from datetime import timedelta

import msgspec

from muster.clock import SECOND_NS, Clock, span_ns
from muster.core.access import may, require
from muster.core.audit import make_event
from muster.core.names import check_text, is_id
from muster.core.people.standing import Standing
from muster.core.people.tokenscope import TokenBounds
from muster.core.throttle import Throttle
from muster.errors import Denied, InputError, LimitExceeded, NotFound, Unauthenticated, Unavailable
from muster.log import Secret
from muster.model.access import (
    Action,
    Actor,
    ApiToken,
    AuditEvent,
    Role,
    TokenScope,
    User,
    covers,
)
from muster.model.address import network_of
from muster.model.ids import ApiTokenId
from muster.ports.records import Records
from muster.wire.apitoken import BadApiToken, encode_api_token, read_api_token
from muster.wire.checkedtext import SECRET_BYTES

MAX_TOKENS = 100  # per user, ended ones that are still listed included
MAX_NAME = 100
MAX_LIFETIME = timedelta(days=365)  # whatever the settings say
_TOUCH_NS = 60 * SECOND_NS  # how exact the last use is kept


class ApiTokenSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """[api_tokens] of the hub's configuration."""

    lifetime: timedelta = timedelta(days=90)  # how long an API token lives when nobody says
    lifetime_max: timedelta = MAX_LIFETIME  # the longest that may be asked for
    keep: timedelta = timedelta(days=30)  # how long API tokens that ended stay listed
    # wrong API tokens of one /24 or /56; more wait, right ones never do
    wrong_per_network_and_minute: int = 30


class NewApiToken(msgspec.Struct, frozen=True, kw_only=True):
    """A token just made: the only moment its text exists on the hub."""

    record: ApiToken
    owner: User
    text: Secret


class ApiTokens:
    """What is done with API tokens, and by them."""

    def __init__(
        self,
        *,
        records: Records,
        clock: Clock,
        settings: ApiTokenSettings,
        may_forget: Callable[[], bool] = lambda: True,
    ) -> None:
        """`may_forget` tells whether the wall clock can be believed: by it ended tokens go."""
        self._tokens = records.api_tokens
        self._people = records.people
        self._audit = records.audit
        self._standing = Standing(records=records.nodes)
        self._bounds = TokenBounds(records=records.nodes)
        self._clock = clock
        self._settings = settings
        self._may_forget = may_forget
        limit = settings.wrong_per_network_and_minute
        self._wrong = Throttle(clock=clock, limit=limit, window_s=60)
        self._noted = Throttle(clock=clock, limit=1, window_s=60)

    async def authenticate(self, text: Secret, address: str) -> Actor:
        """Who a token stands for.

        Only wrong tokens are counted, so one forgotten script with an old token never shuts
        out its neighbours; 256 random bits need no stronger brake against guessing.
        Errors: Unauthenticated, the same for whatever is wrong; LimitExceeded after many.
        """
        actor = await self.actor(text, address)
        if actor is not None:
            return actor
        network = network_of(address)
        wait_s = self._wrong.take(network)
        if not self._noted.take(network):
            await asyncio.to_thread(self._audit.add, self._refusal(text, address))
        if wait_s:
            raise LimitExceeded("too many wrong API tokens; wait a little", retry_after_s=wait_s)
        raise Unauthenticated("API token is unknown, expired or revoked; make a new one")

    async def actor(self, text: Secret, address: str) -> Actor | None:
        """Who a token stands for; None when for nobody, or for nobody any more."""
        token = self._find(text)
        actor = self._actor_of(token, address)
        now_ns = self._clock.now_ns()
        if token is not None and actor is not None and _is_touch_due(token, now_ns):
            with contextlib.suppress(Unavailable):  # a full disk keeps nobody from reading
                await asyncio.to_thread(self._tokens.touch, token.id, now_ns)
        return actor

    def actor_now(self, text: Secret, address: str) -> Actor | None:
        """As `actor`, without waiting; None as well where its use has to be noted."""
        token = self._find(text)
        if token is None or _is_touch_due(token, self._clock.now_ns()):
            return None
        return self._actor_of(token, address)

    def _actor_of(self, token: ApiToken | None, address: str) -> Actor | None:
        if token is None or _state(token, self._clock.now_ns()) != "valid":
            return None
        user = self._people.user(token.user)
        if user is None or user.disabled:
            return None
        bounds = self._bounds
        roles, room_roles = bounds.within(token.scope, user, token.role)
        if not roles and not room_roles:
            return None
        return Actor(
            name=user.name,
            roles=roles,
            address=address,
            token=token.id,
            room_roles=room_roles,
            reaches_hub=bounds.reaches_hub(token.scope, user, token.role),
            actions=frozenset(token.scope.actions) or None,
        )

    def state_of(self, token: ApiToken) -> str:
        """`valid`, `expired` or `revoked`, now."""
        return _state(token, self._clock.now_ns())

    async def create(
        self,
        actor: Actor | None,
        *,
        name: str = "",
        role: Role | None = None,
        lifetime: timedelta | None = None,
        user: str = "",
        scope: TokenScope = TokenScope(),  # noqa: B008 - frozen
    ) -> NewApiToken:
        """Make a token: of the actor, or for the operator that of `user` (name or id).

        Without `role` it is all that its owner is; `scope` lies within that.
        Errors: Denied for a token, for another's user and for more than the owner is;
                NotFound for a user or place elsewhere; InputError.
        """
        actor = require(actor, Action.HUB_READ)
        if actor.token:
            raise Denied("an API token makes no other; sign in, or use the hub's own machine")
        owner = self._owner(actor, user)
        role = self._role(owner, role)
        lifetime = lifetime if lifetime is not None else self._settings.lifetime
        longest = min(self._settings.lifetime_max, MAX_LIFETIME)
        if not timedelta(seconds=1) <= lifetime <= longest:
            raise InputError(f"an API token lives 1 s to {longest}, not {lifetime}")
        check_text(name, MAX_NAME, "name of an API token")
        self._bounds.check(scope, owner, role)
        return await asyncio.to_thread(self._create, actor, owner, name, role, lifetime, scope)

    def tokens(self, actor: Actor | None) -> list[tuple[ApiToken, User]]:
        """The actor's own and those of users the actor manages, newest first."""
        actor = require(actor, Action.HUB_READ)
        users = {user.id: user for user in self._people.users() if self._sees(actor, user)}
        known = self._tokens.tokens()
        return [(token, users[token.user]) for token in known if token.user in users]

    async def revoke(self, actor: Actor | None, id: str) -> None:
        """End a token now. Errors: NotFound for another's; Denied."""
        actor = require(actor, Action.HUB_READ)
        token = self._tokens.token(ApiTokenId(id)) if is_id(id) else None
        owner = self._people.user(token.user) if token else None
        if token is None or owner is None or not self._sees(actor, owner):
            raise NotFound("no such API token")
        if not _owns(actor, owner):
            for space in self._standing.spaces(owner):
                require(actor, Action.USER_MANAGE, space)
        elif actor.token not in ("", token.id) and not may(actor, Action.USER_MANAGE):
            raise Denied("an API token ends no other than itself; sign in to end this one")
        event = self._event(actor, "api_token.revoke", token, owner)
        await asyncio.to_thread(self._tokens.revoke, token.id, self._clock.now_ns(), event)

    def _owner(self, actor: Actor, wanted: str) -> User:
        users = self._people.users()
        if actor.operator and not wanted:
            if len(users) != 1:
                names = ", ".join(user.name for user in users[:10])
                raise InputError(f"say whose token it is to be; there are {names}")
            return users[0]
        wanted = wanted or actor.name
        for user in users:
            if wanted not in (user.id, user.name) or not self._sees(actor, user):
                continue
            if not actor.operator and not _owns(actor, user):
                raise Denied("a token is made by its owner, or on the hub's own machine")
            if user.disabled:
                raise Denied(f"user is disabled: {user.name!r}")
            return user
        raise NotFound(f"no such user: {wanted[:MAX_NAME]!r}")

    def _role(self, owner: User, wanted: Role | None) -> Role:
        held = {*owner.roles.values(), *owner.room_roles.values()}
        best = next((role for role in reversed(Role) if role in held), None)
        if best is None:
            raise Denied(f"user has no role: {owner.name!r}")
        if wanted is not None and not covers(best, wanted):
            raise Denied(f"a token is at most what its owner is: {best}, not {wanted}")
        return wanted or best

    def _create(
        self,
        actor: Actor,
        owner: User,
        name: str,
        role: Role,
        lifetime: timedelta,
        scope: TokenScope,
    ) -> NewApiToken:
        now_ns = self._clock.now_ns()
        if self._may_forget():
            self._tokens.prune(now_ns - span_ns(self._settings.keep))
        if sum(token.user == owner.id for token in self._tokens.tokens()) >= MAX_TOKENS:
            raise LimitExceeded(f"a user has up to {MAX_TOKENS} API tokens; wait for some to end")
        text = encode_api_token(os.urandom(SECRET_BYTES))
        record = ApiToken(
            id=ApiTokenId(base64.b32encode(os.urandom(10)).decode().lower()),
            user=owner.id,
            name=name,
            role=role,
            sha256=_hash(text),
            created_ns=now_ns,
            expires_ns=now_ns + span_ns(lifetime),
            scope=scope,
        )
        event = self._event(actor, "api_token.create", record, owner)
        self._tokens.create(record, event)
        return NewApiToken(record=record, owner=owner, text=text)

    def _find(self, text: Secret) -> ApiToken | None:
        try:
            return self._tokens.find(_hash(read_api_token(text)))
        except BadApiToken:
            return None

    def _event(self, actor: Actor, action: str, token: ApiToken, owner: User) -> AuditEvent:
        space = self._standing.home(owner)
        detail = f"{token.role} for {owner.name}" + (f": {token.name}" if token.name else "")
        return make_event(self._clock, actor, action, token.id, detail=detail, space=space)

    def _refusal(self, text: Secret, address: str) -> AuditEvent:
        """One a minute and network. Whose it was is told to the owner's admins alone."""
        token = self._find(text)
        owner = self._people.user(token.user) if token else None
        return make_event(
            self._clock,
            Actor(name="stranger", address=address),
            "api_token.use",
            token.id if token else "",
            outcome=Unauthenticated.code,
            space=self._standing.home(owner) if owner else "",
        )

    def _sees(self, actor: Actor, user: User) -> bool:
        return _owns(actor, user) or self._standing.manages(actor, user)


def _owns(actor: Actor, user: User) -> bool:
    return not actor.operator and actor.name == user.name


def _is_touch_due(token: ApiToken, now_ns: int) -> bool:
    return now_ns - token.used_ns >= _TOUCH_NS


def _state(token: ApiToken, now_ns: int) -> str:
    if token.revoked_ns:
        return "revoked"
    return "valid" if now_ns < token.expires_ns else "expired"


def _hash(text: Secret) -> str:
    return hashlib.sha256(text.reveal().encode()).hexdigest()
