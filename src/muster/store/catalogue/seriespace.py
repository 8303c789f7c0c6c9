"""How many series a node begins within an hour, and which tag of which measurement makes them.

A tag whose value is ever another one fills a node's share of the hub in days, and nobody sees
it before: its pace shows in minutes. What was known at the hub's start counts for nothing, and
neither do policies of databases that many write with a password.
"""

from collections.abc import Callable, Iterable, Mapping

from muster.model.ids import NodeId
from muster.model.metric import Series, Tags
from muster.store.catalogue.tagvalues import Offender, written_tags

_HOUR_S = 3_600.0
_Values = dict[tuple[str, str], set[int]]  # hashes of values, by measurement and key


class _Begun:
    """What one node began since some moment."""

    def __init__(self, since_s: float) -> None:
        self.since_s = since_s
        self.count = 0
        self.values: _Values = {}


class SeriesPace:
    """Of all nodes; used on the event loop's thread. `most` of an hour; 0: any number."""

    def __init__(self, *, monotonic: Callable[[], float], most: int) -> None:
        self._monotonic = monotonic
        self.most = most
        self._nodes: dict[NodeId, _Begun] = {}

    def room(self, node: NodeId) -> int:
        """How many more a node may begin now."""
        begun = self._of(node)
        return max(0, self.most - (begun.count if begun is not None else 0))

    def note(self, node: NodeId, new: Iterable[Series]) -> None:
        """A node has begun these."""
        if not self.most:
            return
        begun = self._of(node)
        if begun is None:
            self._forget()
            begun = self._nodes[node] = _Begun(self._monotonic())
        for series in new:
            begun.count += 1
            # Most nodes come nowhere near the limit: what grows is seen in the second half too.
            if begun.count * 2 > self.most:
                _count(begun.values, [series])

    def offender(self, node: NodeId, refused: Iterable[Series]) -> str:
        """The tag with the most values among what a node began, or would have."""
        begun = self._of(node)
        values = {key: set(some) for key, some in begun.values.items()} if begun else {}
        _count(values, refused)
        found = max(_offenders(values), key=lambda each: each.values, default=None)
        if found is None:
            return ""
        return (
            f'tag "{found.key}" of measurement "{found.measurement}" had {found.values} new values'
        )

    def _of(self, node: NodeId) -> _Begun | None:
        begun = self._nodes.get(node)
        if begun is not None and self._monotonic() - begun.since_s >= _HOUR_S:
            del self._nodes[node]
            return None
        return begun

    def _forget(self) -> None:
        """Nodes whose hour is over: who began first stands first."""
        while self._nodes and self._of(next(iter(self._nodes))) is None:
            pass


def _count(values: _Values, some: Iterable[Series]) -> None:
    last: tuple[str, Tags] | None = None
    for series in some:
        if last is not None and last[0] == series.measurement and last[1] is series.tags:
            continue  # neighbours mostly share theirs
        last = series.measurement, series.tags
        for key, value in written_tags(series.tags):
            values.setdefault((series.measurement, key), set()).add(hash(value))


def _offenders(values: Mapping[tuple[str, str], set[int]]) -> Iterable[Offender]:
    return (Offender(measurement, key, len(some)) for (measurement, key), some in values.items())
