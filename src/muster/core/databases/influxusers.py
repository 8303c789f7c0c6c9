"""Users of InfluxDB's wire: made, granted to and dropped, each change with its event.

They are no users of the hub: they have a name, a password and grants on databases of one
space, and open nothing but InfluxDB's wire. Names are unique on the hub, because credentials
name no space. Texts are InfluxDB's; who may what is decided before (databaseprivileges.py).
"""

from collections.abc import Collection, Mapping
from functools import partial

import msgspec

from muster.clock import Clock
from muster.core.audit import make_event
from muster.core.databases.databasebook import DatabaseBook
from muster.core.databases.databases import Databases
from muster.core.people.passwords import Passwords
from muster.errors import Conflict, InputError, LimitExceeded, NotFound
from muster.log import Secret
from muster.model.access import AuditEvent
from muster.model.ids import SpaceId
from muster.model.influx import PRIVILEGE_WORDS, InfluxUser, Login, Privilege

MAX_USERS = 1_000  # of a space
MAX_NAME = 100


class InfluxUsers:
    """What admins of databases do with their users."""

    def __init__(
        self, *, book: DatabaseBook, databases: Databases, passwords: Passwords, clock: Clock
    ) -> None:
        self._book = book
        self._databases = databases
        self._passwords = passwords
        self._clock = clock

    def users(self, space: SpaceId) -> list[InfluxUser]:
        """Those of a space, in the order of their making."""
        return [user for user in self._book.users().values() if user.space == space]

    def has_admin(self) -> bool:
        """Whether any user of the hub is an admin: until one is, nobody can sign in to make one."""
        return any(user.admin for user in self._book.users().values())

    def names(self) -> Collection[str]:
        """Of the whole hub's users."""
        return self._book.users().keys()

    def grants(self, login: Login, name: str) -> Mapping[str, Privilege]:
        """What a user was granted, by database. Errors: NotFound."""
        return self._user(login, name).grants

    async def create(
        self, login: Login, name: str, password: Secret, *, admin: bool = False
    ) -> InfluxUser:
        """The same user again, with the same password, is fine.

        Errors: InputError; Conflict for a taken name; LimitExceeded.
        """
        known = self._book.users().get(name)
        if known is not None:
            if known.space != login.space or known.admin != admin:
                raise _exists()
            if not await self._passwords.matches(password, known.password_hash):
                raise _exists()
            return known
        _check_name(name)
        password_hash = await self._passwords.hash(password)
        async with self._book.lock:
            if name in self._book.users():
                raise _exists()
            if len(self.users(login.space)) >= MAX_USERS:
                raise LimitExceeded(f"a space has up to {MAX_USERS} users of databases")
            user = InfluxUser(
                name=name,
                space=login.space,
                password_hash=password_hash,
                admin=admin,
                created_ns=self._clock.now_ns(),
            )
            event = self._event(login, "influx_user.create", name, "admin" if admin else "")
            await self._book.write(partial(self._book.records.create_user, user, event))
        return self._user(login, name)

    async def drop(self, login: Login, name: str) -> None:
        """Errors: NotFound."""
        async with self._book.lock:
            user = self._user(login, name)
            event = self._event(login, "influx_user.drop", name)
            await self._book.write(partial(self._book.records.drop_user, user, event))

    async def set_password(self, login: Login, name: str, password: Secret) -> None:
        """Errors: NotFound, InputError."""
        self._user(login, name)
        password_hash = await self._passwords.hash(password)
        async with self._book.lock:
            before = self._user(login, name)
            after = msgspec.structs.replace(before, password_hash=password_hash)
            await self._update(login, before, after, "influx_user.password")

    async def set_admin(self, login: Login, name: str, admin: bool) -> None:
        """Errors: NotFound."""
        async with self._book.lock:
            before = self._user(login, name)
            after = msgspec.structs.replace(before, admin=admin)
            action = "influx_user.grant" if admin else "influx_user.revoke"
            await self._update(login, before, after, action, "admin")

    async def grant(self, login: Login, name: str, database: str, privilege: Privilege) -> None:
        """Put a privilege in place of what the user had there. Errors: NotFound."""
        async with self._book.lock:
            before = self._user(login, name)
            self._databases.database(login.space, database)
            await self._put(login, before, database, privilege, "influx_user.grant")

    async def revoke(self, login: Login, name: str, database: str, privilege: Privilege) -> None:
        """Take a privilege away; what is left may be none. Errors: NotFound."""
        async with self._book.lock:
            before = self._user(login, name)
            self._databases.database(login.space, database)
            left = before.grants.get(database, Privilege.NONE) & ~privilege
            await self._put(login, before, database, left, "influx_user.revoke")

    async def _put(
        self, login: Login, before: InfluxUser, database: str, privilege: Privilege, action: str
    ) -> None:
        after = msgspec.structs.replace(before, grants={**before.grants, database: privilege})
        detail = f"{PRIVILEGE_WORDS[privilege]} on {database}"
        await self._update(login, before, after, action, detail)

    async def _update(
        self, login: Login, before: InfluxUser, after: InfluxUser, action: str, detail: str = ""
    ) -> None:
        if after == before:
            return
        event = self._event(login, action, before.name, detail)
        await self._book.write(partial(self._book.records.update_user, before, after, event))

    def _user(self, login: Login, name: str) -> InfluxUser:
        user = self._book.users().get(name)
        if user is None or user.space != login.space:
            raise NotFound("user not found")
        return user

    def _event(self, login: Login, action: str, name: str, detail: str = "") -> AuditEvent:
        return make_event(self._clock, login.actor, action, name, detail=detail, space=login.space)


def _check_name(name: str) -> None:
    if not name:
        raise InputError("username required")
    if not name.isprintable() or len(name) > MAX_NAME:
        raise InputError(f"username is up to {MAX_NAME} characters that print")


def _exists() -> Conflict:
    return Conflict("user already exists")
