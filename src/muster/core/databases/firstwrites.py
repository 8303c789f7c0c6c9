"""Databases that are there before their first point: made when somebody writes to them.

Writers other than Telegraf say no CREATE DATABASE. Which names are made so is a setting; who may
not write to a database cannot have it made.
"""

from collections.abc import Collection

from muster.core.databases.databasebook import DatabaseNotFound
from muster.core.databases.databaseprivileges import authorize_write
from muster.core.databases.databases import Databases
from muster.model.influx import Database, Login


class FirstWrites:
    """`names` are the databases that are made."""

    def __init__(self, *, databases: Databases, names: Collection[str]) -> None:
        self._databases = databases
        self._names = frozenset(names)

    async def admit(self, login: Login, name: str) -> Database:
        """The database of a name, for who may write to it.

        Errors: DatabaseNotFound; Denied; LimitExceeded when a space has too many.
        """
        found = self._databases.find(login.space, name)
        if found is None and name not in self._names:
            raise DatabaseNotFound(name)
        authorize_write(login, name)
        return found or await self._databases.create(login, name)
