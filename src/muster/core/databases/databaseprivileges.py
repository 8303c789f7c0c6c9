"""Which privilege a statement needs: a table; and the refusal of a request that lacks one.

A request is looked at whole before any of it runs. Texts are InfluxDB's.
Source: RequiredPrivileges of its influxql package, AuthorizeQuery of its services/meta.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from muster.errors import Denied
from muster.influxql.printing.printer import format
from muster.influxql.syntax import statements as s
from muster.influxql.syntax.ast import Measurement, SelectStatement, Source, Statement, SubQuery
from muster.model.influx import PRIVILEGE_WORDS, Login, Privilege

_REFUSED = "error authorizing query: "


class Need(NamedTuple):
    """A privilege on a database; without one on that of the request, and else on `fallback`.

    `admin` stands above.
    """

    privilege: Privilege = Privilege.NONE
    database: str = ""
    admin: bool = False
    fallback: str = ""


_ADMIN = (Need(admin=True),)
_NOTHING: tuple[Need, ...] = ()
_READ_HERE = (Need(Privilege.READ),)
_WRITE_HERE = (Need(Privilege.WRITE),)


def needs(statement: Statement) -> tuple[Need, ...]:
    """What a statement needs; one that the table does not know needs the admin."""
    for kind, rule in _TABLE.items():
        if isinstance(statement, kind):
            return rule(statement)
    return _ADMIN


def authorize(login: Login, statements: Sequence[Statement], database: str) -> None:
    """Let a request by. `database` is that of the request, or empty. Errors: Denied."""
    if login.admin:
        return
    for statement in statements:
        if login.nodes is not None and not isinstance(statement, OF_NODES):
            raise _denied(login, statement, "a role in the whole space")
        for need in needs(statement):
            name = need.database or database or need.fallback
            if need.admin:
                raise _denied(login, statement, "admin privilege")
            if not login.may(need.privilege, name):
                raise _denied(login, statement, f"{PRIVILEGE_WORDS[need.privilege]} on {name}")


def authorize_first(statements: Sequence[Statement]) -> None:
    """Let a request by that comes before there is an admin: it has to make one first.

    Errors: Denied.
    """
    first = statements[0] if statements else None
    if not (isinstance(first, s.CreateUserStatement) and first.admin):
        raise Denied(f"{_REFUSED}create admin user first or disable authentication")


def authorize_write(login: Login, database: str) -> None:
    """Let points by. Errors: Denied."""
    if not login.may(Privilege.WRITE, database):
        name, on = _quoted(login.name), _quoted(database)
        raise Denied(f"{name} user is not authorized to write to database {on}")


def sees(login: Login, database: str) -> bool:
    """Whether SHOW DATABASES names a database to somebody."""
    return login.may(Privilege.READ, database) or login.may(Privilege.WRITE, database)


def _of_select(statement: SelectStatement) -> tuple[Need, ...]:
    reads = tuple(Need(Privilege.READ, name) for name in _databases(statement.sources))
    if statement.target is None:
        return reads
    return (*reads, Need(Privilege.WRITE, statement.target.measurement.database))


def _of_continuous_query(statement: s.CreateContinuousQueryStatement) -> tuple[Need, ...]:
    """Names without a database are those of the request, or of the query where it has none."""
    own = Need(Privilege.READ, statement.database)
    inner = (need._replace(fallback=statement.database) for need in _of_select(statement.source))
    return (own, *inner)


def _of_show(statement: s.ShowStatement | s.ShowCardinalityStatement) -> tuple[Need, ...]:
    sources = list(statement.sources)
    if isinstance(statement, s.ShowMeasurementsStatement):
        if statement.wildcard_database:
            return _ADMIN
        sources += [statement.source] if statement.source is not None else []
    elsewhere = (Need(Privilege.READ, name) for name in _databases(sources) if name)
    return (Need(Privilege.READ, statement.database), *elsewhere)


def _databases(sources: Iterable[Source]) -> Iterator[str]:
    """The databases that sources name, subqueries' too; empty for the request's."""
    for source in sources:
        if isinstance(source, Measurement):
            yield source.database
        elif isinstance(source, SubQuery):
            yield from _databases(source.statement.sources)


_TABLE: dict[type[Statement], Callable[[Any], tuple[Need, ...]]] = {
    SelectStatement: _of_select,
    s.ExplainStatement: lambda it: _of_select(it.statement),
    s.CreateContinuousQueryStatement: _of_continuous_query,
    s.ShowStatement: _of_show,
    s.ShowCardinalityStatement: _of_show,
    s.ShowRetentionPoliciesStatement: lambda it: (Need(Privilege.READ, it.database),),
    s.ShowContinuousQueriesStatement: lambda it: _READ_HERE,
    s.ShowQueriesStatement: lambda it: _READ_HERE,
    s.DeleteSeriesStatement: lambda it: _WRITE_HERE,
    s.DropSeriesStatement: lambda it: _WRITE_HERE,
    s.DropContinuousQueryStatement: lambda it: (Need(Privilege.WRITE, it.database),),
    s.DropRetentionPolicyStatement: lambda it: (Need(Privilege.WRITE, it.database),),
    s.ShowDatabasesStatement: lambda it: _NOTHING,
}


OF_NODES = (
    SelectStatement,
    s.ExplainStatement,
    s.ShowStatement,
    s.ShowCardinalityStatement,
    s.ShowDatabasesStatement,
    s.ShowRetentionPoliciesStatement,
)
"""What tells of points, and so of those of some nodes alone; other texts could name others'."""


def _denied(login: Login, statement: Statement, what: str) -> Denied:
    return Denied(
        f"{_REFUSED}{login.name} not authorized to execute statement"
        f" '{format(statement)}', requires {what}"
    )


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
