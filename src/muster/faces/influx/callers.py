"""Who asks, and what they may: by a node's certificate, by credentials, or anybody.

A listener has one of three ways in:
- mtls: a certificate of this hub is demanded. A node writes as itself alone; credentials beside
  its certificate open what they open for questions.
- password: names and passwords, tokens of the hub, bearer tokens.
- off: whoever reaches the listener may everything. It is reached on this machine alone.
"""

from collections.abc import Awaitable, Callable, Mapping
from enum import StrEnum
from functools import lru_cache, partial
from typing import NamedTuple
from urllib.parse import urlsplit

from muster.core.databases.influxlogins import InfluxLogins, login_of_user
from muster.core.databases.influxusers import InfluxUsers
from muster.core.writes.pointwrites import Writer
from muster.errors import Denied, MusterError, Unauthenticated
from muster.faces.influx.credentials import (
    ApiToken,
    Bearer,
    Credentials,
    Password,
    credentials_of,
)
from muster.faces.influx.responses import refusal_of
from muster.model.address import is_own_machine
from muster.model.identity import Identity
from muster.model.ids import NodeId
from muster.model.influx import InfluxUser, Login
from muster.net.http import Request
from muster.wire.influxwrite import Dialect

CREATE_ADMIN = "error authorizing query: create admin user first or disable authentication"
_V2 = "/api/v2/"
_REMEMBERED = 64  # hosts; a header is 8 KB at most


class Way(StrEnum):
    """How a listener knows who asks."""

    MTLS = "mtls"
    PASSWORD = "password"  # noqa: S105 - a word
    OFF = "off"


class Caller(NamedTuple):
    """Who asks. `is_first`: there is no admin yet who could ask, and one may be made."""

    login: Login
    dialect: Dialect = Dialect.V1
    writer: Writer = Writer()
    is_first: bool = False
    user: InfluxUser | None = None  # whose password it was, for `is_still`


class Callers:
    """Makes a Caller of a request. `check` refuses certificates that were revoked.

    `saw_writer` is told from where a node writes by its certificate.
    """

    def __init__(
        self,
        *,
        way: Way,
        logins: InfluxLogins,
        users: InfluxUsers,
        check: Callable[[Identity, bytes], Awaitable[None]],
        saw_writer: Callable[[NodeId, str], Awaitable[None]],
        name_of: Callable[[NodeId], str],
        is_checked: Callable[[Identity, bytes], bool] = lambda peer, certificate: False,
    ) -> None:
        self._way = way
        self._logins = logins
        self._users = users
        self._check = check
        self._saw_writer = saw_writer
        self._name_of = name_of
        self._is_checked = is_checked

    async def writing(self, request: Request) -> Caller:
        """Who writes. Errors: Refusal."""
        return await self._caller(request, is_write=True)

    async def asking(self, request: Request) -> Caller:
        """Who asks questions or gives orders. Errors: Refusal."""
        return await self._caller(request, is_write=False)

    def asking_at_once(self, request: Request) -> Caller | None:
        """As `asking`, where it needs no wait. None: ask there. Errors: MusterError, of there."""
        if self._way is Way.OFF:
            refuse_other_sites(request.headers)
            return Caller(self._logins.login_of_nobody(request.address))
        given = credentials_of(request.query, request.headers)
        if request.peer is not None and self._way is Way.MTLS:
            if not self._is_checked(request.peer, request.peer_certificate):
                return None
        elif not self._users.has_admin():
            return None
        if not isinstance(given, Password):
            return None
        user = self._logins.remembered(given.name, given.password)
        return None if user is None else Caller(login_of_user(user, request.address), user=user)

    def still(self, caller: Caller, request: Request) -> Callable[[], bool]:
        """Tells whether `asking_at_once` would give the same again to who asks in these words."""
        logins, user = self._logins, caller.user
        if self._way is Way.OFF:
            return partial(logins.is_of_nobody, caller.login.space)
        peer, certificate = request.peer, request.peer_certificate
        is_node = peer is not None and self._way is Way.MTLS

        def is_still() -> bool:
            if is_node and peer is not None:
                is_let_in = self._is_checked(peer, certificate)
            else:
                is_let_in = self._users.has_admin()
            return is_let_in and user is not None and logins.is_still(user)

        return is_still

    async def _caller(self, request: Request, *, is_write: bool) -> Caller:
        given = credentials_of(request.query, request.headers)
        is_node = request.peer is not None and self._way is Way.MTLS
        dialect = dialect_of(request.path, given, is_node=is_node)
        try:
            if self._way is Way.OFF:
                refuse_other_sites(request.headers)
            if request.peer is not None and self._way is Way.MTLS:
                return await self._of_node(request, request.peer, given, dialect, is_write)
            if self._way is Way.OFF:
                return Caller(self._logins.login_of_nobody(request.address), dialect)
            if self._is_before_users(given):
                return self._first(request.address)
            return Caller(await self._login(request, given), dialect)
        except MusterError as error:
            raise refusal_of(error, dialect) from error

    async def _of_node(
        self,
        request: Request,
        peer: Identity,
        given: Credentials | None,
        dialect: Dialect,
        is_write: bool,
    ) -> Caller:
        try:
            await self._check(peer, request.peer_certificate)
        except Unauthenticated as error:  # other credentials would not help
            raise refusal_of(error, dialect, Denied.status) from error
        name = self._name_of(peer.node)
        if is_write:
            await self._saw_writer(peer.node, request.address)
        if given is not None and not is_write:
            return Caller(await self._login(request, given), dialect)
        login = self._logins.login_of_node(peer, name, request.address)
        return Caller(login, dialect, Writer(peer, name))

    def _is_before_users(self, given: Credentials | None) -> bool:
        """Whether nobody could be who signs in: users may be made by a hub's token alone."""
        if self._users.has_admin():
            return False
        match given:
            case ApiToken():
                return False
            case Password(name, _):
                return name not in self._users.names()
            case Bearer():
                return not self._users.names()
            case None:
                return True

    def _first(self, address: str) -> Caller:
        """Before there is an admin, one can be made from this machine. Errors: Denied."""
        if not is_own_machine(address):
            raise Denied(CREATE_ADMIN)
        return Caller(self._logins.login_of_nobody(address), is_first=True)

    async def _login(self, request: Request, given: Credentials | None) -> Login:
        match given:
            case Password(name, password):
                return await self._logins.by_password(name, password, request.address)
            case Bearer(token):
                return await self._logins.by_bearer(token, request.address)
            case ApiToken(token):
                org = request.query.get("org", "")
                return await self._logins.by_token(token, request.address, org)
            case _:
                raise Unauthenticated("unable to parse authentication credentials")


def dialect_of(path: str, given: Credentials | None, *, is_node: bool = False) -> Dialect:
    """At a path of 2.x a token of the hub, or a node by itself, is answered as 2.x does."""
    is_v2 = isinstance(given, ApiToken) or (is_node and given is None)
    return Dialect.V2 if is_v2 and path.startswith(_V2) else Dialect.V1


def refuse_other_sites(headers: Mapping[str, str]) -> None:
    """Where nobody is asked who they are, no page of a site may ask by a browser.

    Such a page is told by what browsers say of it, or by a name that it gave to this machine.
    Errors: Denied.
    """
    site = headers.get("sec-fetch-site", "none")
    if site not in ("none", "same-origin"):
        raise Denied(f"request from another site refused (Sec-Fetch-Site: {site[:20]!r})")
    if name := _strange_name(headers.get("host", "")):
        raise Denied(f"without sign-in this hub goes by localhost alone, not by {name[:100]!r}")


@lru_cache(_REMEMBERED)
def _strange_name(host: str) -> str:
    """The name of a host that is not this machine; empty where it is."""
    name = urlsplit("//" + host).hostname or "localhost"
    return "" if name == "localhost" or is_own_machine(name) else name
