"""What whoever has a public link may ask: the panels of that dashboard, with its variables.

A value that a variable does not offer is refused, so a link shows what the page offers and no
more. What is offered is kept for half a minute, because every panel asks for it.
"""

import asyncio
import hashlib
from collections.abc import Mapping, Sequence
from weakref import WeakValueDictionary

import msgspec

from muster.clock import Clock
from muster.core.dashboards.dashboardlinks import Visitor
from muster.core.dashboards.panelqueries import Asking, PanelQueries
from muster.core.dashboards.variablevalues import ValuesOfVariables
from muster.core.databases.databasenames import Defaults
from muster.errors import InputError, NotFound
from muster.model.dashboard import Dashboard, Variable, VariableKind
from muster.model.filling import ALL
from muster.model.panelanswer import PanelAnswer, PanelAsk, VariableAsk, VariableValues

_KEPT_S = 30.0
_MOST_KEPT = 1_000
_MOST_VALUES = 100_000  # of all that is kept

_Key = tuple[str, str, str]  # link, variable, digest of what it depends on


class PublicBoards:
    """Answers visitors."""

    def __init__(self, *, queries: PanelQueries, values: ValuesOfVariables, clock: Clock) -> None:
        self._queries = queries
        self._values = values
        self._clock = clock
        self._offered: dict[_Key, tuple[float, frozenset[str]]] = {}
        self._values_kept = 0
        # those who wait for one answer wait for that one alone
        self._asking: WeakValueDictionary[_Key, asyncio.Lock] = WeakValueDictionary()

    async def answer(self, visitor: Visitor, ask: PanelAsk) -> PanelAnswer:
        """The answers of one panel. Errors: NotFound for a panel; InputError for a value."""
        dashboard = visitor.kept.dashboard
        panel = dashboard.panel(ask.panel)
        if panel is None or ask.queries or ask.dashboard not in ("", dashboard.id):
            raise NotFound("no such panel; a public link shows the panels of its dashboard")
        asking = _asking(visitor, ask.from_ns, ask.to_ns, ask.variables, ask.width_px)
        await self._check(visitor, asking)
        return await self._queries.answer(asking, panel.queries)

    async def values(self, visitor: Visitor, name: str, ask: VariableAsk) -> VariableValues:
        """What a variable offers. Errors: NotFound; InputError for a value of another."""
        variable = visitor.kept.dashboard.variable(name)
        if variable is None or ask.variable is not None:
            raise NotFound("no such variable")
        if variable.kind is VariableKind.SPACE:
            return VariableValues(values=[])
        others = {key: chosen for key, chosen in ask.variables.items() if key != name}
        asking = _asking(visitor, ask.from_ns, ask.to_ns, others)
        await self._check(visitor, asking)
        return await self._values.of(visitor.actor, asking, variable)

    async def _check(self, visitor: Visitor, asking: Asking) -> None:
        dashboard = visitor.kept.dashboard
        for name in asking.variables:
            if dashboard.variable(name) is None:
                raise InputError(f"this dashboard has no variable {name[:50]!r}")
        # in the dashboard's order: what a variable offers is asked with values that were checked
        for variable in dashboard.variables:
            if variable.name in asking.variables:
                await self._check_one(visitor, asking, variable, asking.variables[variable.name])

    async def _check_one(
        self, visitor: Visitor, asking: Asking, variable: Variable, chosen: Sequence[str]
    ) -> None:
        name = variable.name
        if variable.kind is VariableKind.TEXT:
            return
        if len(chosen) > 1 and not (variable.multi or variable.all):
            raise InputError(f"${name} has one value at a time")
        if list(chosen) == [ALL] and variable.all and not variable.regex:
            return
        offered = frozenset[str]((visitor.link.space,))
        if variable.kind is not VariableKind.SPACE:
            offered = await self._offers(visitor, asking, variable)
        for value in chosen:
            if value not in offered:
                raise InputError(f"${name} does not offer {value[:100]!r}")

    async def _offers(self, visitor: Visitor, asking: Asking, variable: Variable) -> frozenset[str]:
        others = _without(asking.variables, variable.name, visitor.kept.dashboard)
        key = (visitor.link.id + visitor.kept.etag, variable.name, _digest(others))
        async with self._asking.setdefault(key, asyncio.Lock()):
            now_s = self._clock.monotonic()
            known = self._offered.get(key)
            if known is not None and now_s - known[0] < _KEPT_S:
                return known[1]
            alone = _asking(visitor, asking.from_ns, asking.to_ns, others)
            found = await self._values.of(visitor.actor, alone, variable)
            offered = frozenset(each.value for each in found.values)
            self._keep(key, now_s, offered)
            return offered

    def _keep(self, key: _Key, now_s: float, offered: frozenset[str]) -> None:
        before = self._offered.pop(key, None)
        self._values_kept += len(offered) - (len(before[1]) if before is not None else 0)
        if len(self._offered) >= _MOST_KEPT or self._values_kept > _MOST_VALUES:
            self._offered.clear()
            self._values_kept = len(offered)
        self._offered[key] = (now_s, offered)


def _digest(variables: Mapping[str, Sequence[str]]) -> str:
    """Short, however much a visitor has chosen."""
    return hashlib.sha256(msgspec.msgpack.encode(sorted(variables.items()))).hexdigest()


def _without(
    variables: Mapping[str, Sequence[str]], name: str, dashboard: Dashboard
) -> dict[str, Sequence[str]]:
    """The variables that another may depend on: those before it."""
    before: dict[str, Sequence[str]] = {}
    for variable in dashboard.variables:
        if variable.name == name:
            break
        if variable.name in variables:
            before[variable.name] = variables[variable.name]
    return before


def _asking(
    visitor: Visitor,
    from_ns: int,
    to_ns: int,
    variables: Mapping[str, Sequence[str]],
    width_px: int = 1,
) -> Asking:
    dashboard = visitor.kept.dashboard
    return Asking(
        login=visitor.login,
        from_ns=from_ns,
        to_ns=to_ns,
        width_px=width_px,
        variables=variables,
        defaults=Defaults(dashboard.database, dashboard.policy),
        tells_text=False,
    )
