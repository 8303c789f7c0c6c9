"""Who speaks InfluxDB's wire: by password, API token, bearer token, a node's certificate.

A password is checked by argon2id once; then its keyed digest is remembered, because clients
send it with every write. Steps: 1 remembered  2 throttle  3 the password, or nobody's.
Unknown name and wrong password get one answer, after the same work.
"""

import asyncio
import hashlib
import hmac
import os
from collections.abc import Callable
from weakref import WeakValueDictionary

import msgspec

from muster.clock import Clock
from muster.core.audit import make_event
from muster.core.databases.databasebook import DatabaseBook
from muster.core.nodes.readers import Readers
from muster.core.people.apitokens import ApiTokens
from muster.core.people.passwords import Passwords
from muster.core.throttle import Throttle
from muster.errors import LimitExceeded, NotFound, Unauthenticated
from muster.log import Secret
from muster.model.access import Actor
from muster.model.address import network_of
from muster.model.identity import Identity
from muster.model.ids import SpaceId
from muster.model.influx import InfluxUser, Login, Privilege
from muster.ports.records import AuditRecords, NodeRecords
from muster.wire.apitoken import BadApiToken, read_api_token
from muster.wire.bearer import BadBearer, read_bearer

_MAX_NAME = 100
_MAIN_S = 1.0  # a question takes less time than to look which space is the hub's own


class LoginSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How many wrong passwords are taken."""

    failures_per_minute: int = 10  # wrong passwords per name; further tries wait
    failures_per_network_and_minute: int = 30  # wrong passwords from one /24 (IPv4) or /56 (IPv6)


class InfluxLogins:
    """Makes a Login of whatever proves who somebody is."""

    def __init__(
        self,
        *,
        book: DatabaseBook,
        passwords: Passwords,
        api_tokens: ApiTokens,
        nodes: NodeRecords,
        readers: Readers,
        audit: AuditRecords,
        clock: Clock,
        settings: LoginSettings,
        shared_secret: Secret = Secret(""),  # noqa: B008 - never changed
        random: Callable[[int], bytes] = os.urandom,
    ) -> None:
        """`shared_secret` is what bearer tokens are signed with; empty: none are taken."""
        self._book = book
        self._passwords = passwords
        self._shared_secret = shared_secret
        self._api_tokens = api_tokens
        self._nodes = nodes
        self._readers = readers
        self._audit = audit
        self._clock = clock
        self._key = random(32)
        self._main: tuple[SpaceId, float] | None = None  # and until when to believe it
        self._right: dict[int, tuple[str, bytes]] = {}  # user: its hash, digest of its password
        self._checking: WeakValueDictionary[tuple[str, bytes], asyncio.Lock] = WeakValueDictionary()
        self._names = Throttle(clock=clock, limit=settings.failures_per_minute, window_s=60)
        limit = settings.failures_per_network_and_minute
        self._networks = Throttle(clock=clock, limit=limit, window_s=60)
        self._noted = Throttle(clock=clock, limit=1, window_s=60)

    async def by_password(self, name: str, password: Secret, address: str) -> Login:
        """A user's, or an API token's that stands where the password does.

        Errors: Unauthenticated in InfluxDB's words; LimitExceeded after many wrong ones.
        """
        if _is_api_token(password):
            return await self.by_token(password, address)
        if not name:
            raise Unauthenticated("username required")
        user = self._book.users().get(name)
        # 1
        if user is not None and self._is_remembered(user, password):
            return login_of_user(user, address)
        # Many clients of one user that come at once, as after a restart, wait for one check.
        key = (name[:_MAX_NAME], self._digest(password))
        async with self._checking.setdefault(key, asyncio.Lock()):
            user = self._book.users().get(name)
            if user is None or not self._is_remembered(user, password):
                user = await self._checked(name[:_MAX_NAME], user, password, address)
        return login_of_user(user, address)

    def remembered(self, name: str, password: Secret) -> InfluxUser | None:
        """The user whose password was found right before; None: `by_password` tells."""
        user = self._book.users().get(name)
        return user if user is not None and self._is_remembered(user, password) else None

    def is_still(self, user: InfluxUser) -> bool:
        """Whether nothing of a user was changed, its password included, since it was found."""
        return self._book.users().get(user.name) is user

    def is_of_nobody(self, space: SpaceId) -> bool:
        """Whether `login_of_nobody` would give a login of that space now."""
        known = self._main
        if known is not None and self._clock.monotonic() < known[1]:
            return known[0] == space
        return self._main_space() == space

    async def _checked(
        self, name: str, user: InfluxUser | None, password: Secret, address: str
    ) -> InfluxUser:
        network = network_of(address)
        # 2: counted before the work, so that parallel tries count too
        if wait_s := self._networks.take(network) or self._names.take(name):
            raise LimitExceeded("too many wrong passwords; wait a little", retry_after_s=wait_s)
        # 3
        known = user.password_hash if user is not None else ""
        if not await self._passwords.matches(password, known) or user is None:
            await self._note(name, address, user)
            raise _failed()
        self._names.give_back(name)
        self._networks.give_back(network)
        self._remember(user, password)
        return self._still(user)

    async def by_token(self, text: Secret, address: str, org: str = "") -> Login:
        """An API token's, in the space that `org` names or the token's first one.

        The role says what it may: data.read reads, data.write writes, space.manage is admin.
        One of single rooms reads what their nodes sent. Errors: Unauthenticated; LimitExceeded.
        """
        actor = await self._api_tokens.authenticate(text, address)
        space = self._space_of(actor, org)
        if space is None:
            raise _failed()
        return self._readers.login_of(actor, space)

    async def by_bearer(self, token: Secret, address: str) -> Login:
        """The user's whom a signed token names. Errors: Unauthenticated in InfluxDB's words."""
        try:
            name = read_bearer(token, self._shared_secret, self._clock.now_ns())
        except BadBearer:
            await self._note("bearer", address, None)
            raise
        user = self._book.users().get(name)
        if user is None:
            raise Unauthenticated("user not found")
        return login_of_user(user, address)

    def login_of_node(self, identity: Identity, name: str, address: str) -> Login:
        """A node's, by its certificate: it writes to the databases of its space, and reads none."""
        return Login(
            space=identity.space,
            actor=Actor(name=f"node {identity.node}", address=address),
            name=name,
            everywhere=Privilege.WRITE,
        )

    def login_of_nobody(self, address: str) -> Login:
        """Where no credentials are asked for: an admin of the hub's own space.

        Errors: NotFound before there is one.
        """
        space = self._main_space()
        if space is None:
            raise NotFound("the hub has no space yet")
        actor = Actor(name="influx without sign-in", address=address)
        return Login(space=space, actor=actor, name="", admin=True)

    def _main_space(self) -> SpaceId | None:
        now, known = self._clock.monotonic(), self._main
        if known is None or now >= known[1]:
            found = next((each.id for each in self._nodes.spaces() if each.main), None)
            known = self._main = None if found is None else (found, now + _MAIN_S)
        return None if known is None else known[0]

    def _space_of(self, actor: Actor, org: str) -> SpaceId | None:
        known, inner = self._nodes.spaces(), self._readers.spaces(actor)
        spaces = [space for space in known if space.id in actor.roles]
        spaces += [space for space in known if space.id in inner]
        named = (space.id for space in spaces if org in (space.id, space.name))
        return next(named, spaces[0].id if spaces else None)

    def _still(self, user: InfluxUser) -> InfluxUser:
        """The user as it is after the wait. Errors: Unauthenticated when it was changed."""
        now = self._book.users().get(user.name)
        if now is None or now.password_hash != user.password_hash:
            raise _failed()
        return now

    def _digest(self, password: Secret) -> bytes:
        plain = password.reveal().encode("utf-8", "surrogatepass")
        return hashlib.blake2b(plain, key=self._key, digest_size=32).digest()

    def _is_remembered(self, user: InfluxUser, password: Secret) -> bool:
        known = self._right.get(user.number)
        if known is None or known[0] != user.password_hash:
            return False
        return hmac.compare_digest(known[1], self._digest(password))

    def _remember(self, user: InfluxUser, password: Secret) -> None:
        if len(self._right) > len(self._book.users()):  # some were dropped
            numbers = {each.number for each in self._book.users().values()}
            self._right = {at: kept for at, kept in self._right.items() if at in numbers}
        self._right[user.number] = (user.password_hash, self._digest(password))

    async def _note(self, name: str, address: str, user: InfluxUser | None) -> None:
        """One a minute and network. Of a known user its space's admins are told."""
        if self._noted.take(network_of(address)):
            return
        event = make_event(
            self._clock,
            Actor(name="stranger", address=address),
            "influx_user.sign_in",
            name,
            outcome=Unauthenticated.code,
            space=user.space if user is not None else "",
        )
        await asyncio.to_thread(self._audit.add, event)


def login_of_user(user: InfluxUser, address: str) -> Login:
    """What a user may."""
    return Login(
        space=user.space,
        actor=Actor(name=f"influx user {user.name}", address=address),
        name=user.name,
        admin=user.admin,
        grants=user.grants,
    )


def _is_api_token(password: Secret) -> bool:
    try:
        read_api_token(password)
    except BadApiToken:
        return False
    return True


def _failed() -> Unauthenticated:
    return Unauthenticated("authorization failed")
