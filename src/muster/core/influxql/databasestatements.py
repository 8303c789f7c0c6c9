"""Statements about databases, policies, users, grants, subscriptions and standing queries, run.

What reads or deletes points is not among them. Who may what is decided before, for a whole
request (core/databases/databaseprivileges.py).
"""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any, NamedTuple

import msgspec

from muster.core.databases.databasenames import Defaults, named, require_policies
from muster.core.databases.databases import Databases
from muster.core.databases.fieldkinds import FieldKinds
from muster.core.databases.influxusers import InfluxUsers
from muster.core.databases.retention import PolicySpec
from muster.core.influxql import databasetables as tables
from muster.core.influxql.databasetables import Table
from muster.core.influxql.queryregistry import NOT_LISTED, RunningQuery
from muster.errors import InputError, MusterError
from muster.influxql.printing.printer import format
from muster.influxql.syntax import statements as s
from muster.influxql.syntax.ast import SelectStatement, Statement
from muster.log import Secret
from muster.model.influx import ContinuousQuery, Login, Privilege, Subscription


class Asked(NamedTuple):
    """Who asks, what the request says of names left open, and the request as it is listed."""

    login: Login
    defaults: Defaults = Defaults()
    running: RunningQuery = NOT_LISTED


class DatabaseStatements:
    """Runs one statement at a time."""

    def __init__(self, *, databases: Databases, users: InfluxUsers, kinds: FieldKinds) -> None:
        self._databases = databases
        self._users = users
        self._kinds = kinds
        self._runs: dict[type[Statement], Callable[[Asked, Any], Awaitable[None]]] = {
            s.CreateDatabaseStatement: self._create_database,
            s.DropDatabaseStatement: self._drop_database,
            s.CreateRetentionPolicyStatement: self._create_policy,
            s.AlterRetentionPolicyStatement: self._alter_policy,
            s.DropRetentionPolicyStatement: self._drop_policy,
            s.DropShardStatement: self._drop_shard,
            s.CreateContinuousQueryStatement: self._create_query,
            s.DropContinuousQueryStatement: self._drop_query,
            s.CreateSubscriptionStatement: self._create_subscription,
            s.DropSubscriptionStatement: self._drop_subscription,
            s.CreateUserStatement: self._create_user,
            s.DropUserStatement: self._drop_user,
            s.SetPasswordUserStatement: self._set_password,
            s.GrantStatement: self._grant,
            s.RevokeStatement: self._revoke,
            s.GrantAdminStatement: self._grant_admin,
            s.RevokeAdminStatement: self._revoke_admin,
        }
        self._shows: dict[type[Statement], Callable[[Asked, Any], list[Table]]] = {
            s.ShowDatabasesStatement: self._show_databases,
            s.ShowRetentionPoliciesStatement: self._show_policies,
            s.ShowContinuousQueriesStatement: self._show_queries,
            s.ShowSubscriptionsStatement: self._show_subscriptions,
            s.ShowUsersStatement: self._show_users,
            s.ShowGrantsForUserStatement: self._show_grants,
            s.ShowShardsStatement: self._show_shards,
            s.ShowShardGroupsStatement: self._show_shard_groups,
        }

    def knows(self, statement: Statement) -> bool:
        """Whether a statement is one of these."""
        return type(statement) in self._runs or type(statement) in self._shows

    def named(self, asked: Asked, statement: Statement) -> Statement:
        """A SELECT with its databases and policies, as far as they are there."""
        find = partial(self._databases.find, asked.login.space)
        defaults = asked.defaults
        try:
            match statement:
                case SelectStatement():
                    return named(statement, defaults, find)
                case s.CreateContinuousQueryStatement(database=name, source=source):
                    own = Defaults(defaults.database or name, defaults.policy)
                    return msgspec.structs.replace(statement, source=named(source, own, find))
                case _:
                    return statement
        except MusterError:
            return statement

    async def run(self, asked: Asked, statement: Statement) -> list[Table]:
        """What a statement answers. Errors: those of core, in InfluxDB's words."""
        show = self._shows.get(type(statement))
        if show is not None:
            return show(asked, statement)
        await self._runs[type(statement)](asked, statement)
        return []

    async def _create_database(self, asked: Asked, it: s.CreateDatabaseStatement) -> None:
        spec = PolicySpec(
            name=it.retention_policy_name,
            duration_ns=it.retention_policy_duration_ns,
            shard_ns=it.retention_policy_shard_group_duration_ns,
            replicas=it.retention_policy_replication,
            future_limit_ns=it.future_write_limit_ns,
            past_limit_ns=it.past_write_limit_ns,
        )
        given = spec if it.retention_policy_create else None
        await self._databases.create(asked.login, it.name, given)

    async def _drop_database(self, asked: Asked, it: s.DropDatabaseStatement) -> None:
        await self._databases.drop(asked.login, it.name)

    async def _create_policy(self, asked: Asked, it: s.CreateRetentionPolicyStatement) -> None:
        spec = _spec(it)
        await self._databases.create_policy(asked.login, it.database, spec, default=it.default)

    async def _alter_policy(self, asked: Asked, it: s.AlterRetentionPolicyStatement) -> None:
        spec = _spec(it)
        await self._databases.alter_policy(asked.login, it.database, spec, default=it.default)

    async def _drop_policy(self, asked: Asked, it: s.DropRetentionPolicyStatement) -> None:
        await self._databases.drop_policy(asked.login, it.database, it.name)

    async def _drop_shard(self, asked: Asked, it: s.DropShardStatement) -> None:
        await self._databases.drop_shard(asked.login, it.id)

    async def _create_query(self, asked: Asked, it: s.CreateContinuousQueryStatement) -> None:
        find = partial(self._databases.find, asked.login.space)
        defaults = Defaults(asked.defaults.database or it.database, asked.defaults.policy)
        source = named(it.source, defaults, find)
        require_policies(source, find)
        query = format(msgspec.structs.replace(it, source=source))
        made = ContinuousQuery(name=it.name, query=query)
        await self._databases.create_query(asked.login, it.database, made)

    async def _drop_query(self, asked: Asked, it: s.DropContinuousQueryStatement) -> None:
        await self._databases.drop_query(asked.login, it.database, it.name)

    async def _create_subscription(self, asked: Asked, it: s.CreateSubscriptionStatement) -> None:
        made = Subscription(name=it.name, mode=it.mode, destinations=it.destinations)
        await self._databases.create_subscription(
            asked.login, it.database, it.retention_policy, made
        )

    async def _drop_subscription(self, asked: Asked, it: s.DropSubscriptionStatement) -> None:
        await self._databases.drop_subscription(
            asked.login, it.database, it.retention_policy, it.name
        )

    async def _create_user(self, asked: Asked, it: s.CreateUserStatement) -> None:
        await self._users.create(asked.login, it.name, Secret(it.password), admin=it.admin)

    async def _drop_user(self, asked: Asked, it: s.DropUserStatement) -> None:
        await self._users.drop(asked.login, it.name)

    async def _set_password(self, asked: Asked, it: s.SetPasswordUserStatement) -> None:
        await self._users.set_password(asked.login, it.name, Secret(it.password))

    async def _grant(self, asked: Asked, it: s.GrantStatement) -> None:
        await self._users.grant(asked.login, it.user, it.on, Privilege(it.privilege))

    async def _revoke(self, asked: Asked, it: s.RevokeStatement) -> None:
        await self._users.revoke(asked.login, it.user, it.on, Privilege(it.privilege))

    async def _grant_admin(self, asked: Asked, it: s.GrantAdminStatement) -> None:
        await self._users.set_admin(asked.login, it.user, True)

    async def _revoke_admin(self, asked: Asked, it: s.RevokeAdminStatement) -> None:
        await self._users.set_admin(asked.login, it.user, False)

    def _show_databases(self, asked: Asked, _: s.ShowDatabasesStatement) -> list[Table]:
        return tables.of_databases(asked.login, self._databases.listed(asked.login.space))

    def _show_policies(self, asked: Asked, it: s.ShowRetentionPoliciesStatement) -> list[Table]:
        name = it.database or asked.defaults.database
        if not name:
            raise InputError("database name required")
        return tables.of_policies(self._databases.database(asked.login.space, name))

    def _show_queries(self, asked: Asked, _: s.ShowContinuousQueriesStatement) -> list[Table]:
        return tables.of_queries(asked.login, self._databases.listed(asked.login.space))

    def _show_subscriptions(self, asked: Asked, _: s.ShowSubscriptionsStatement) -> list[Table]:
        return tables.of_subscriptions(self._databases.listed(asked.login.space))

    def _show_users(self, asked: Asked, _: s.ShowUsersStatement) -> list[Table]:
        return tables.of_users(self._users.users(asked.login.space))

    def _show_grants(self, asked: Asked, it: s.ShowGrantsForUserStatement) -> list[Table]:
        return tables.of_grants(self._users.grants(asked.login, it.name))

    def _show_shards(self, asked: Asked, _: s.ShowShardsStatement) -> list[Table]:
        return tables.of_shards(self._databases.listed(asked.login.space), self._kinds.shards)

    def _show_shard_groups(self, asked: Asked, _: s.ShowShardGroupsStatement) -> list[Table]:
        listed = self._databases.listed(asked.login.space)
        return tables.of_shard_groups(listed, self._kinds.shards)


def _spec(it: s.CreateRetentionPolicyStatement | s.AlterRetentionPolicyStatement) -> PolicySpec:
    return PolicySpec(
        name=it.name,
        duration_ns=it.duration_ns,
        shard_ns=it.shard_group_duration_ns,
        replicas=it.replication,
        future_limit_ns=it.future_write_limit_ns,
        past_limit_ns=it.past_write_limit_ns,
    )
