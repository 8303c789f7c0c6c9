"""Databases and users of InfluxDB's wire as they are now, in memory: every write asks for them.

One change is made at a time; it is worked out and written under `lock`, and the book is read
anew in the same step, so that what a caller sees is never older than what was answered.
"""

import asyncio
from collections.abc import Callable, Iterator, Mapping

import msgspec

from muster.errors import NotFound
from muster.model.ids import SpaceId
from muster.model.influx import Database, InfluxUser
from muster.ports.influx import InfluxRecords


class DatabaseNotFound(NotFound):
    """`name` is for those who tell it in other words."""

    code = "database_not_found"

    def __init__(self, name: str) -> None:
        super().__init__(f"database not found: {name}")
        self.name = name


class PolicyNotFound(NotFound):
    """A retention policy that is not there, or the default one that was dropped."""

    code = "policy_not_found"

    def __init__(self, name: str) -> None:
        super().__init__(f"retention policy not found: {name}")
        self.name = name


class Edition(msgspec.Struct, frozen=True):
    """What the book says between two changes. Shapes: databases by space, users, each by name."""

    databases: dict[SpaceId, dict[str, Database]]
    users: dict[str, InfluxUser]


class DatabaseBook:
    """What records hold, read once and after each change."""

    def __init__(self, *, records: InfluxRecords) -> None:
        self.records = records
        self.lock = asyncio.Lock()
        self._edition: Edition | None = None

    def databases(self, space: SpaceId) -> Mapping[str, Database]:
        """Those of a space by name, in the order of their making."""
        return self.edition.databases.get(space, {})

    def every(self) -> Iterator[Database]:
        """Those of all spaces."""
        for databases in self.edition.databases.values():
            yield from databases.values()

    def users(self) -> Mapping[str, InfluxUser]:
        """All of the hub by name, in the order of their making."""
        return self.edition.users

    async def write(self, work: Callable[[], object]) -> None:
        """Make a change that was worked out under `lock`. Errors: those of the records."""
        await asyncio.to_thread(self._write, work)

    def _write(self, work: Callable[[], object]) -> None:
        """In one step, so that a caller who is cancelled leaves no stale edition behind."""
        try:
            work()
        finally:
            self._edition = self._read()

    @property
    def edition(self) -> Edition:
        """All of it as it is now; another one after each change."""
        edition = self._edition
        if edition is None:
            edition = self._edition = self._read()
        return edition

    def _read(self) -> Edition:
        databases: dict[SpaceId, dict[str, Database]] = {}
        for database in self.records.databases():
            databases.setdefault(database.space, {})[database.name] = database
        return Edition(databases, {user.name: user for user in self.records.users()})
