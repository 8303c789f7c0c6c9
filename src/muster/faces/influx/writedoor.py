"""The way in of all that writes: its routes, and who may write to which database.

Order, of wires whose databases are made at the first write, before the body is read:
1 who writes  2 what the URL asks for  3 the database, made where that is set, and the right to
write to it.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import NamedTuple

from muster.core.databases.databasebook import DatabaseNotFound
from muster.core.databases.firstwrites import FirstWrites
from muster.core.writes.pointwrites import Target
from muster.errors import MusterError
from muster.faces.influx.callers import Caller, Callers
from muster.faces.influx.responses import refusal_of
from muster.net.http import Handler, Public, Request, Route
from muster.wire.goquote import quoted
from muster.wire.influxwrite import WriteRefused, database_not_found

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


def write_route(
    path: str,
    write: Handler,
    before: Callable[[Request], Awaitable[object]],
    *,
    most_bytes: int,
    summary: str,
    query: Mapping[str, str],
    status: int = 204,
) -> Route:
    """A route that takes points: by POST, let by `before` its body is read."""
    return Route(
        method="POST",
        path=path,
        allow=Public.CREDENTIALS,
        handler=write,
        before=before,
        max_body_bytes=most_bytes,
        summary=summary,
        query=query,
        status=status,
    )


def refuse_first(caller: Caller, database: str) -> None:
    """Nobody writes before there is an admin. Errors: WriteRefused."""
    if caller.is_first:
        raise WriteRefused(403, f"user is required to write to database {quoted(database)}")


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
            refuse_first(caller, name)
            # 3
            await self._first_writes.admit(caller.login, name)
        except DatabaseNotFound as error:
            raise refusal_of(database_not_found(name), caller.dialect) from error
        except MusterError as error:
            raise refusal_of(error, caller.dialect) from error
        return Admitted(caller, target)
