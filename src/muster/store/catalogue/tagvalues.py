"""How many values the tags of measurements have: of databases' policies, and of whom to blame.

The values of a policy's tags are counted as its series come, because each new one may be one
too many. Where series go, their measurement is counted anew when it is next asked for.
"""

from collections.abc import Callable, Iterable
from typing import NamedTuple

from muster.model.influx import STOCK

_OF_HUB = frozenset(("db", "node", "rp", "space", STOCK))
_MARK = "_"  # before a writer's own key that is named like the hub's: core/writes/stocks.py

Tag = tuple[str, str]
Values = dict[str, set[str]]  # by key, as written


class Offender(NamedTuple):
    """The tag with the most values."""

    measurement: str
    key: str
    values: int

    @property
    def text(self) -> str:
        return f'tag "{self.key}" of measurement "{self.measurement}" has {self.values} values'


class TagValues:
    """Of all policies. `tags_of` finds the tags of a stock's series of a measurement, each once."""

    def __init__(self, tags_of: Callable[[str, str], Iterable[Tag]]) -> None:
        self._tags_of = tags_of
        self._known: dict[tuple[str, str], Values] = {}

    def knows(self, stock: str, measurement: str) -> bool:
        """Whether the values are at hand, so that new ones have to be told."""
        return (stock, measurement) in self._known

    def add(self, stock: str, measurement: str, tags: Iterable[Tag]) -> None:
        """Some series are new, with these tags."""
        known = self._known.get((stock, measurement))
        if known is not None:
            count(known, tags)

    def forget(self, stock: str, measurement: str) -> None:
        """Some of its series are gone."""
        self._known.pop((stock, measurement), None)

    def of(self, stock: str, measurement: str) -> Values:
        known = self._known.get((stock, measurement))
        if known is None:
            known = self._known[stock, measurement] = {}
            count(known, self._tags_of(stock, measurement))
        return known


def written_tags(tags: Iterable[Tag]) -> Iterable[Tag]:
    """Without those of the hub, as they were written."""
    for key, value in tags:
        if key not in _OF_HUB:
            yield (key[1:] if key.lstrip(_MARK) in _OF_HUB else key), value


def offender(measurements: Iterable[tuple[str, Iterable[Tag]]]) -> Offender | None:
    """The tag with the most values among measurements with their tags, each once."""
    found: Offender | None = None
    for measurement, tags in measurements:
        values: Values = {}
        count(values, tags)
        for key, some in values.items():
            if found is None or len(some) > found.values:
                found = Offender(measurement, key, len(some))
    return found


def count(values: Values, tags: Iterable[Tag]) -> None:
    """Add what was written of some tags."""
    for key, value in written_tags(tags):
        held = values.get(key)
        if held is None:
            values[key] = {value}
        else:
            held.add(value)
