"""What probes came to: the last runs of each, by the nodes that carry it out.

Read from the points that agents send, so that it is there after a restart and for every face.
A probe asks by a few nodes as a rule; of one that many run, some are told, by name.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple, Protocol

import msgspec

from muster.clock import SECOND_NS, Clock
from muster.core.nodes.probes import Runner
from muster.model.access import Scope
from muster.model.ids import NodeId, ProbeId
from muster.model.probe import StoredProbe, kind_of
from muster.model.query import Frame, FrameSeries, Query, Selector

MOST_RUNS = 10  # of one node
MOST_NODES = 20  # of one probe
_LATE_NS = 60 * SECOND_NS  # a run that is due may still be on its way
_MOST_SERIES = 20_000  # of one question: a series for each result of each node

_MS = {  # the field with its time, and how many milliseconds one of it is
    "ping": ("average_response_ms", 1.0),
    "dns_query": ("query_time_ms", 1.0),
    "http_response": ("response_time", 1_000.0),
}
_CODE, _LOSS, _STATUS, _RCODE = "result_code", "percent_packet_loss", "http_response_code", "rcode"


class Run(msgspec.Struct, frozen=True, kw_only=True):
    """One time that a node asked. `code` 0 is good; the others are those of its measurement.

    `ms` is left out without an answer; `answer` is a web page's status or a name server's
    code; `lost_percent` is of pings alone.
    """

    time_ns: int
    code: int
    ms: float | None = None
    answer: str = ""
    lost_percent: float | None = None


class NodeRuns(msgspec.Struct, frozen=True, kw_only=True):
    """The newest runs of a probe on one node, oldest first. Empty: none in ten intervals."""

    node: NodeId
    name: str
    runs: tuple[Run, ...]


class ProbeRuns(msgspec.Struct, frozen=True, kw_only=True):
    """A probe by those who run it. `more`: how many nodes are not told of here."""

    probe: ProbeId
    nodes: tuple[NodeRuns, ...]
    more: int = 0


class Asked(NamedTuple):
    """A probe and the nodes whose runs of it are looked for."""

    stored: StoredProbe
    runners: Sequence[Runner]


class Answers(Protocol):
    """core.querying.query.Queries, as far as runs need it."""

    async def run(self, query: Query, scope: Scope | None) -> Frame:
        """Errors: LimitExceeded, Unavailable."""
        ...


_Times = dict[int, dict[str, Any]]  # time -> what one run said
_Found = dict[tuple[NodeId, tuple[tuple[str, str], ...]], _Times]


async def runs_of(
    asked: Sequence[Asked], answers: Answers, clock: Clock, scope: Scope
) -> list[ProbeRuns]:
    """The last runs of probes, as far as `scope` holds their nodes; in the order given.

    One question for all that ask the same kind equally often. Errors: as of `Answers`.
    """
    shown = [_shown(stored, runners, scope) for stored, runners in asked]
    alike: dict[tuple[str, int], list[Asked]] = {}
    for each in shown:
        if each.runners:
            probe = each.stored.probe
            alike.setdefault((kind_of(probe), probe.interval_s), []).append(each)
    known: dict[ProbeId, tuple[NodeRuns, ...]] = {}
    for (kind, interval_s), probes in alike.items():
        frame = await answers.run(_question(kind, interval_s, probes, clock.now_ns()), scope)
        found = _gathered(frame, tuple(probes[0].stored.probe.tags))
        known |= {each.stored.id: tuple(_told(each, kind, found)) for each in probes}
    return [
        ProbeRuns(
            probe=each.stored.id,
            nodes=known.get(each.stored.id, ()),
            more=max(0, len(each.runners) - MOST_NODES),
        )
        for each in shown
    ]


def _shown(stored: StoredProbe, runners: Sequence[Runner], scope: Scope) -> Asked:
    """Those that may be looked at; what does not run it comes last."""
    seen = (one for one in runners if scope.holds(stored.space, one.node))
    return Asked(stored, sorted(seen, key=lambda one: one.fault != ""))


def _question(kind: str, interval_s: int, probes: Sequence[Asked], now_ns: int) -> Query:
    """Everything that these probes' nodes said within the time of ten runs."""
    wanted: dict[str, dict[str, None]] = {}
    for each in probes:
        for key, value in each.stored.probe.tags.items():
            wanted.setdefault(key, {})[value] = None
    nodes = {one.node: None for each in probes for one in each.runners[:MOST_NODES]}
    return Query(
        select=Selector(
            measurement=kind,
            fields=(_CODE, _MS[kind][0], _LOSS, _STATUS),
            tags={key: tuple(values) for key, values in wanted.items()},
            nodes=tuple(nodes),
        ),
        start_ns=now_ns - MOST_RUNS * interval_s * SECOND_NS - _LATE_NS,
        end_ns=now_ns + SECOND_NS,
        limit=_MOST_SERIES,
    )


def _gathered(frame: Frame, keys: Sequence[str]) -> _Found:
    """Columns put together by node, what was asked, and time."""
    found: _Found = {}
    for series, column in zip(frame.series, frame.values, strict=True):
        tags = dict(series.tags)
        asked = tuple((key, tags.get(key, "")) for key in keys)
        times = found.setdefault((NodeId(tags.get("node", "")), asked), {})
        for time_ns, value in zip(frame.times, column, strict=True):
            if value is not None:
                _put(times.setdefault(time_ns, {}), series, tags, value)
    return found


def _put(said: dict[str, Any], series: FrameSeries, tags: Mapping[str, str], value: Any) -> None:  # noqa: ANN401
    said[series.field] = value
    if _RCODE in tags:
        said[_RCODE] = tags[_RCODE]


def _told(asked: Asked, kind: str, found: _Found) -> Iterable[NodeRuns]:
    tags = tuple(asked.stored.probe.tags.items())
    for runner in asked.runners[:MOST_NODES]:
        times = found.get((runner.node, tags), {})
        newest = sorted(time_ns for time_ns, said in times.items() if _CODE in said)[-MOST_RUNS:]
        runs = tuple(_run(time_ns, times[time_ns], kind) for time_ns in newest)
        yield NodeRuns(node=runner.node, name=runner.name, runs=runs)


def _run(time_ns: int, said: Mapping[str, Any], kind: str) -> Run:
    field, ms = _MS[kind]
    time = said.get(field)
    return Run(
        time_ns=time_ns,
        code=said[_CODE],
        ms=None if time is None else time * ms,
        answer=str(said.get(_STATUS) or said.get(_RCODE, "")),
        lost_percent=said.get(_LOSS),
    )
