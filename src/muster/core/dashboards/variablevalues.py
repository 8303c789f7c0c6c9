"""What can be chosen for a variable of a dashboard.

Source: Grafana's query variables (specification, section 9.3): of SHOW TAG VALUES the column
`value`, else the first one that is no time.
"""

import re
from collections.abc import Iterable, Sequence

from muster.core.access import own_rooms, require, spaces_of
from muster.core.dashboards.legends import columns_of
from muster.core.dashboards.panelqueries import Asking, PanelQueries
from muster.core.nodes.inventory import Inventory
from muster.influxql.answers.results import ResultSeries
from muster.influxql.syntax.regex import Pattern, compile_pattern
from muster.influxql.values.columns import Column
from muster.model.access import Action, Actor
from muster.model.dashboard import Language, PanelQuery, Sort, Variable, VariableKind
from muster.model.inventory import Node
from muster.model.panelanswer import MAX_VALUES, VariableValue, VariableValues

_MOST_CHARS = 300  # of one value
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?")


class ValuesOfVariables:
    """Finds values; within the space and the rights of who asks."""

    def __init__(self, *, queries: PanelQueries, inventory: Inventory) -> None:
        self._queries = queries
        self._inventory = inventory

    async def of(self, actor: Actor, asking: Asking, variable: Variable) -> VariableValues:
        """The values, of the given range and other variables. Errors: those of core."""
        if variable.kind is VariableKind.SPACE:
            return self._spaces(actor)
        found = await self._found(actor, asking, variable)
        return _bounded(_sorted(_matching(found, variable.regex), variable.sort))

    async def _found(self, actor: Actor, asking: Asking, variable: Variable) -> list[str]:
        match variable.kind:
            case VariableKind.QUERY:
                return await self._asked(asking, variable)
            case VariableKind.NODE:
                return [node.name for node in self._nodes(actor, asking, variable)]
            case VariableKind.ROOM:
                rooms = self._inventory.rooms(actor, asking.login.space)
                return [room.name for room in rooms]
            case _:
                return list(variable.values)

    async def _asked(self, asking: Asking, variable: Variable) -> list[str]:
        query = PanelQuery(
            text=variable.query,
            language=variable.language,
            database=variable.database,
            policy=variable.policy,
        )
        if variable.language is Language.PROMQL:
            found = await self._queries.listed(asking, query)
            return [value for value in found if len(value) <= _MOST_CHARS]
        return _of_series(await self._queries.rows(asking, query))

    def _nodes(self, actor: Actor, asking: Asking, variable: Variable) -> list[Node]:
        nodes = self._inventory.nodes(actor, asking.login.space)
        chosen = asking.variables.get(variable.query) if variable.query else None
        if chosen is None:
            return nodes
        rooms = self._inventory.rooms(actor, asking.login.space)
        wanted = {room.id for room in rooms if room.name in chosen}
        return [node for node in nodes if wanted & set(self._inventory.rooms_of(node))]

    def _spaces(self, actor: Actor) -> VariableValues:
        require(actor, Action.DATA_READ)
        whole, rooms = spaces_of(actor, Action.DATA_READ), own_rooms(actor, Action.DATA_READ)
        inner = {room.space for room in self._inventory.all_rooms() if room.id in rooms}
        spaces = [
            VariableValue(space.id, space.name)
            for space in self._inventory.spaces()
            if whole is None or space.id in whole | inner
        ]
        return VariableValues(values=spaces[:MAX_VALUES], more=max(0, len(spaces) - MAX_VALUES))


def _of_series(series: Sequence[ResultSeries]) -> list[str]:
    found: dict[str, None] = {}
    for each in series:
        columns = list(columns_of(each))
        if not columns:
            continue
        cells = each.cells[columns.index("value") if "value" in columns else 0]
        values = cells.cells() if isinstance(cells, Column) else cells
        found |= dict.fromkeys(_text(value) for value in values if value is not None)
    return [value for value in found if len(value) <= _MOST_CHARS]


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def _matching(values: Iterable[str], regex: str) -> list[str]:
    if not regex:
        return list(values)
    pattern = compile_pattern(_bare(regex))
    found = dict.fromkeys(value for each in values if (value := _part(pattern, each)) is not None)
    return list(found)


def _bare(regex: str) -> str:
    """Patterns may stand between slashes, as people write them in queries."""
    is_between = len(regex) > 1 and regex[0] == regex[-1] == "/"
    return regex[1:-1] if is_between else regex


def _part(pattern: Pattern, value: str) -> str | None:
    match = pattern.ready.search(value)
    if match is None:
        return None
    part: str = (match.group(1) or "") if pattern.ready.groups else value
    return part


def _sorted(values: list[str], order: Sort) -> list[str]:
    match order:
        case Sort.NONE:
            return values
        case Sort.ASCENDING:
            return sorted(values, key=str.casefold)
        case Sort.DESCENDING:
            return sorted(values, key=str.casefold, reverse=True)
        case Sort.NUMERIC:
            return sorted(values, key=_number)


def _number(value: str) -> tuple[float, str]:
    found = _NUMBER.search(value)
    return (float(found[0]) if found else float("inf"), value)


def _bounded(values: Sequence[str]) -> VariableValues:
    return VariableValues(
        values=[VariableValue(value, value) for value in values[:MAX_VALUES]],
        more=max(0, len(values) - MAX_VALUES),
    )
