"""Databases of InfluxDB's wire: found, made, changed and dropped, each change with its event.

Who may what is decided before, for a whole request (core/databases/databaseprivileges.py): these
methods do what they are told, within the space of the login. What agents send by Muster's own link
is the database `own` of its space: it can be read and never be changed.
"""

from collections.abc import Callable, Iterator
from functools import partial

import msgspec

from muster.clock import DAY_NS, Clock
from muster.core.audit import make_event
from muster.core.databases import attached, retention
from muster.core.databases.databasebook import DatabaseBook, DatabaseNotFound, PolicyNotFound
from muster.core.databases.fieldkinds import FieldKinds
from muster.core.databases.retention import PolicySpec
from muster.errors import Denied, LimitExceeded
from muster.model.access import AuditEvent
from muster.model.ids import SpaceId
from muster.model.influx import (
    AUTOGEN,
    ContinuousQuery,
    Database,
    Login,
    RetentionPolicy,
    Subscription,
)
from muster.ports.influx import Points

_OWN_POLICY = RetentionPolicy(name=AUTOGEN, shard_ns=7 * DAY_NS)


class DatabaseSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a hub has of databases."""

    databases_max: int = 200  # databases that one space may have
    own: str = "muster"  # the database of what agents send; empty: none
    list_own: bool = False  # whether SHOW DATABASES names the database of influx.own too
    # databases whose points influx.own shows as well, as what Telegraf writes
    own_shows: tuple[str, ...] = ("telegraf",)


class Databases:
    """The databases of a hub."""

    def __init__(
        self,
        *,
        book: DatabaseBook,
        clock: Clock,
        settings: DatabaseSettings,
        kinds: FieldKinds,
        points: Points,
    ) -> None:
        self._book = book
        self._clock = clock
        self._settings = settings
        self._kinds = kinds
        self._points = points

    def listed(self, space: SpaceId) -> list[Database]:
        """Those of a space in the order of their making; its own last, where that is listed."""
        own = self.own(space)
        known = list(self._book.databases(space).values())
        return [*known, own] if own is not None and self._settings.list_own else known

    def every(self) -> Iterator[Database]:
        """Those of all spaces, without what is built in."""
        return self._book.every()

    @property
    def edition(self) -> object:
        """Another one after each change."""
        return self._book.edition

    def find(self, space: SpaceId, name: str) -> Database | None:
        """The database of a name, or the space's own."""
        found = self._book.databases(space).get(name)
        return self.own(space) if found is None and name == self._settings.own else found

    def shown_in_own(self, space: SpaceId) -> list[Database]:
        """Those whose points the space's own shows too."""
        known = self._book.databases(space)
        return [known[name] for name in self._settings.own_shows if name in known]

    def database(self, space: SpaceId, name: str) -> Database:
        """Errors: DatabaseNotFound."""
        found = self.find(space, name)
        if found is None:
            raise DatabaseNotFound(name)
        return found

    def policy(
        self, space: SpaceId, name: str, policy: str = ""
    ) -> tuple[Database, RetentionPolicy]:
        """Where points go or come from; an empty policy is the default one.

        Errors: DatabaseNotFound; PolicyNotFound, also for a default that was dropped.
        """
        database = self.database(space, name)
        found = database.policy(policy)
        if found is None:
            raise PolicyNotFound(policy or database.default_policy)
        return database, found

    def target(
        self, space: SpaceId, name: str, policy: str = ""
    ) -> tuple[Database, RetentionPolicy]:
        """As `policy`, for points to be written. Errors: Denied too, for the built-in database."""
        self.changeable(space, name)
        return self.policy(space, name, policy)

    def changeable(self, space: SpaceId, name: str) -> Database:
        """Errors: DatabaseNotFound; Denied for the built-in one, which nobody writes to."""
        database = self.database(space, name)
        if self.is_own(database):
            raise Denied(f"database {name} is built in: it holds what agents send, for reading")
        return database

    def is_own(self, database: Database) -> bool:
        """Whether it is the built-in one, which nobody writes to by this wire."""
        return database.number == 0

    async def create(self, login: Login, name: str, spec: PolicySpec | None = None) -> Database:
        """Make a database; without `spec` one that is there is fine.

        Errors: InputError; Conflict when it is there with another policy; LimitExceeded.
        """
        retention.check_name(name)
        if spec is not None and spec.name:
            retention.check_name(spec.name)
        async with self._book.lock:
            found = self.find(login.space, name)
            if found is not None:
                after = retention.made_again(found, spec) if spec is not None else found
                if after != found:
                    await self._update(login, found, after, "policy.create", after.default_policy)
                return after
            if len(self._book.databases(login.space)) >= self._settings.databases_max:
                raise LimitExceeded(
                    f"a space has up to {self._settings.databases_max} databases"
                    " (influx.databases_max); drop some"
                )
            fresh = retention.new_database(
                login.space, name, self._clock.now_ns(), spec or PolicySpec()
            )
            event = self._event(login, "database.create", fresh)
            create = self._book.records.create_database
            await self._book.write(partial(create, fresh, event))
        return self.database(login.space, name)

    async def drop(self, login: Login, name: str) -> Database | None:
        """Delete a database with all in it and about it; None when there was none.

        The points go first, so that a drop that fails halfway can be repeated.
        Errors: Denied for the built-in one; Unavailable.
        """
        async with self._book.lock:
            if self.find(login.space, name) is None:
                return None
            database = self.changeable(login.space, name)
            await self._points.remove_database(database)
            event = self._event(login, "database.drop", database)
            await self._book.write(partial(self._book.records.drop_database, database, event))
            self._kinds.reload()
        return database

    async def create_policy(
        self, login: Login, database: str, spec: PolicySpec, *, default: bool = False
    ) -> Database:
        """Errors: InputError, DatabaseNotFound, Conflict, LimitExceeded."""
        retention.check_name(spec.name)
        policy = retention.new_policy(spec)

        def rule(before: Database) -> Database:
            return retention.with_policy(before, policy, default=default)

        return await self._change(login, database, rule, "policy.create", policy.name)

    async def alter_policy(
        self, login: Login, database: str, spec: PolicySpec, *, default: bool = False
    ) -> Database:
        """Change what `spec` says of the policy it names.

        Errors: DatabaseNotFound, PolicyNotFound, InputError.
        """

        def rule(before: Database) -> Database:
            return retention.with_changed_policy(before, spec, default=default)

        return await self._change(login, database, rule, "policy.alter", spec.name)

    async def drop_policy(self, login: Login, database: str, name: str) -> RetentionPolicy | None:
        """Delete a policy with its points; what was dropped, None when there was none.

        Errors: Denied for the built-in database; Unavailable.
        """
        async with self._book.lock:
            found = self.find(login.space, database)
            policy = found.policy(name) if found is not None and name else None
            if policy is None:
                return None
            before = self.changeable(login.space, database)
            await self._points.remove_policy(before, name)
            after = retention.without_policy(before, name)
            await self._update(login, before, after, "policy.drop", name)
            self._kinds.reload()
        return policy

    async def drop_shard(self, login: Login, number: int) -> None:
        """Delete a shard with its points; one that is not there, in this space, is fine."""
        shard = self._kinds.shard(number)
        known = self._book.databases(login.space).values()
        database = next((each for each in known if shard and each.number == shard.database), None)
        if shard is None or database is None:
            return
        await self._points.remove_shard(database, shard)
        event = self._event(login, "shard.drop", database, f"{shard.policy}, shard {number}")
        await self._kinds.drop_shard(number, event)

    async def create_query(self, login: Login, database: str, query: ContinuousQuery) -> Database:
        """Errors: DatabaseNotFound, Conflict, InputError, LimitExceeded."""
        rule = partial(attached.with_query, query=query)
        return await self._change(login, database, rule, "continuous_query.create", query.name)

    async def drop_query(self, login: Login, database: str, name: str) -> Database | None:
        """Delete a continuous query; None when there is no such database."""
        if self.find(login.space, database) is None:
            return None
        rule = partial(attached.without_query, name=name)
        return await self._change(login, database, rule, "continuous_query.drop", name)

    async def create_subscription(
        self, login: Login, database: str, policy: str, subscription: Subscription
    ) -> Database:
        """Errors: InputError, DatabaseNotFound, PolicyNotFound, Conflict, LimitExceeded."""
        attached.check_destinations(subscription)

        def rule(before: Database) -> Database:
            return attached.with_subscription(before, policy, subscription)

        told = ", ".join(attached.without_secret(url) for url in subscription.destinations)
        detail = f"{policy}.{subscription.name} to {told}"
        return await self._change(login, database, rule, "subscription.create", detail)

    async def drop_subscription(
        self, login: Login, database: str, policy: str, name: str
    ) -> Database:
        """Errors: DatabaseNotFound, PolicyNotFound, NotFound."""

        def rule(before: Database) -> Database:
            return attached.without_subscription(before, policy, name)

        return await self._change(login, database, rule, "subscription.drop", f"{policy}.{name}")

    async def _change(
        self,
        login: Login,
        name: str,
        rule: Callable[[Database], Database],
        action: str,
        detail: str,
    ) -> Database:
        async with self._book.lock:
            before = self.changeable(login.space, name)
            after = rule(before)
            if after != before:
                await self._update(login, before, after, action, detail)
        return after

    async def _update(
        self, login: Login, before: Database, after: Database, action: str, detail: str
    ) -> None:
        event = self._event(login, action, before, detail)
        await self._book.write(partial(self._book.records.update_database, before, after, event))

    def own(self, space: SpaceId) -> Database | None:
        """What agents of a space send, as a database; None where there is none of it."""
        if not self._settings.own:
            return None
        return Database(space=space, name=self._settings.own, policies=(_OWN_POLICY,))

    def _event(self, login: Login, action: str, database: Database, detail: str = "") -> AuditEvent:
        return make_event(
            self._clock, login.actor, action, database.name, detail=detail, space=login.space
        )
