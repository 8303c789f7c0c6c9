"""How many values the tags of measurements have: of databases' policies, and of whom to blame.

The values of a policy's tags are counted as its series come, because each new one may be one
too many. Where series go, their measurement is counted anew when it is next asked for.
"""

from collections.abc import Callable, Iterable
from typing import NamedTuple

from muster.model.influx import STOCK
from muster.model.metric import Series, Tags
from muster.ports.series import SeriesRef

_OF_HUB = frozenset(("db", "node", "rp", "space", STOCK))
_MARK = "_"  # before a writer's own key that is named like the hub's: core/stocks.py

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
    """Of all policies. `series_of` finds the series of a stock and a measurement."""

    def __init__(self, series_of: Callable[[str, str], Iterable[SeriesRef]]) -> None:
        self._series_of = series_of
        self._known: dict[tuple[str, str], Values] = {}

    def add(self, stock: str, series: Series) -> None:
        """A series is new."""
        known = self._known.get((stock, series.measurement))
        if known is not None:
            _count(known, series.tags)

    def forget(self, stock: str, measurement: str) -> None:
        """Some of its series are gone."""
        self._known.pop((stock, measurement), None)

    def of(self, stock: str, measurement: str) -> Values:
        known = self._known.get((stock, measurement))
        if known is None:
            known = {}
            for tags in {ref.series.tags for ref in self._series_of(stock, measurement)}:
                _count(known, tags)
            self._known[stock, measurement] = known
        return known


def written_tags(tags: Tags) -> Iterable[tuple[str, str]]:
    """Without those of the hub, as they were written."""
    for key, value in tags:
        if key not in _OF_HUB:
            yield (key[1:] if key.lstrip(_MARK) in _OF_HUB else key), value


def offender(lists: Iterable[Iterable[SeriesRef]]) -> Offender | None:
    """The tag with the most values among some series, each list of one measurement."""
    found: Offender | None = None
    for refs in lists:
        values: Values = {}
        measurement = ""
        for ref in refs:
            measurement = ref.series.measurement
            _count(values, ref.series.tags)
        for key, some in values.items():
            if found is None or len(some) > found.values:
                found = Offender(measurement, key, len(some))
    return found


def _count(values: Values, tags: Tags) -> None:
    for key, value in written_tags(tags):
        held = values.get(key)
        if held is None:
            values[key] = {value}
        else:
            held.add(value)
