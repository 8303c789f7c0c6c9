"""Who may write to which database, for writers that name none: before the body is read.

Order: 1 who writes  2 what the URL asks for  3 the database, made where that is set, and the
right to write to it.
"""

from typing import NamedTuple

from muster.core.databases.databasebook import DatabaseNotFound
from muster.core.databases.firstwrites import FirstWrites
from muster.core.writes.pointwrites import Target
from muster.errors import MusterError
from muster.faces.influx.callers import Caller, Callers
from muster.faces.influx.responses import refusal_of
from muster.net.http import Request
from muster.wire.goquote import quoted
from muster.wire.influxwrite import WriteRefused

QUERY = {
    "db": "the database",
    "rp": "its policy; left out, the default one",
    "u": "name of a user",
    "p": "its password",
}


class Admitted(NamedTuple):
    """A writer that was let by, and where points go."""

    caller: Caller
    target: Target


class WriteDoor:
    """`default` is the database of requests that name none; empty: they are refused."""

    def __init__(
        self, *, callers: Callers, first_writes: FirstWrites, precision_ns: int, default: str = ""
    ) -> None:
        self._callers = callers
        self._first_writes = first_writes
        self._precision_ns = precision_ns
        self._default = default

    async def admit(self, request: Request) -> Admitted:
        """Errors: Refusal."""
        # 1
        caller = await self._callers.writing(request)
        # 2
        name = request.query.get("db", "") or self._default
        policy = request.query.get("rp", "")
        target = Target(caller.login.space, name, policy, self._precision_ns)
        try:
            if not name:
                raise WriteRefused(400, "database is required")
            if caller.is_first:
                raise WriteRefused(403, f"user is required to write to database {quoted(name)}")
            # 3
            await self._first_writes.admit(caller.login, name)
        except DatabaseNotFound as error:
            text = f"database not found: {quoted(name)}"
            raise refusal_of(WriteRefused(404, text), caller.dialect) from error
        except MusterError as error:
            raise refusal_of(error, caller.dialect) from error
        return Admitted(caller, target)
