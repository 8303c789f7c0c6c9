"""Points as their destinations read them: lines, samples or datagrams, in packets.

Names are written once for each layout. What the hub stamps is not told: of points of databases
their own tags are written, and of what agents send all but the space.
"""

import asyncio
from collections.abc import Iterable, Sequence
from functools import partial
from typing import Any, NamedTuple, TypeVar

import msgspec

from muster.core.forwarding.forwardrules import is_meant
from muster.core.intake.recentlayouts import RecentLayouts
from muster.core.writes.stocks import shown_tags
from muster.model.influx import STOCK
from muster.model.metric import Block, Layout, Tags
from muster.ports.forwarding import Form, Packet
from muster.ports.series import Cohort
from muster.wire import linewriter, remotesamples

T = TypeVar("T")
PACKET_BYTES = 1 << 20
DATAGRAM_BYTES = 65_507  # the most that UDP carries in one
_THREAD_VALUES = 2_000  # from here on they are written off the event loop
_LAYOUTS, _COLUMNS = 65_536, 2 << 20  # whose names are remembered, of one style
_STYLES = 64

Rows = Sequence[tuple[Cohort, Block]]
_Lines = list[tuple["_Known", Block]]
_Samples = list[tuple[remotesamples.Template, Block]]


class Style(NamedTuple):
    """A way to write: what destinations have in common is written once for all of them."""

    form: Form
    measurements: tuple[str, ...] = ()  # patterns; empty: all


class _Known(NamedTuple):
    """The names of a layout as they are needed: for datagrams, or by the twin in use."""

    is_meant: bool
    template: linewriter.Template
    prepared: Any


class Body(NamedTuple):
    """What becomes the body of a packet. `dropped`: no packet can hold them."""

    points: int
    data: bytes
    dropped: int = 0


class ForwardWriter:
    """Used on the event loop's thread, which hands large work on."""

    def __init__(self) -> None:
        self._lines: dict[Style, RecentLayouts[_Known]] = {}
        self._samples: dict[Style, RecentLayouts[remotesamples.Template]] = {}

    async def written(self, style: Style, rows: Rows) -> list[Body]:
        """Rows as a destination takes them; nothing when none of their measurements is meant."""
        if style.form is Form.SAMPLES:
            found = [(self._sampled(style, cohort.layout), block) for cohort, block in rows]
            work = partial(_sampled, [pair for pair in found if pair[0]])
        else:
            lined = [(self._lined(style, cohort.layout), block) for cohort, block in rows]
            work = partial(_lined, style.form, [pair for pair in lined if pair[0].is_meant])
        if sum(len(block.values) for _, block in rows) < _THREAD_VALUES:
            return work()
        return await asyncio.to_thread(work)

    def _lined(self, style: Style, layout: Layout) -> _Known:
        recent = _of_style(self._lines, style)
        known = recent.get(layout)
        if known is None:
            wanted = partial(is_meant, style.measurements)
            template = linewriter.template_of(layout, _told_tags, wanted)
            is_text = style.form is not Form.DATAGRAMS
            prepared = linewriter.WRITER.prepare(template) if is_text else None
            known = _Known(bool(template), () if is_text else template, prepared)
            recent.put(layout, known)
        return known

    def _sampled(self, style: Style, layout: Layout) -> remotesamples.Template:
        recent = _of_style(self._samples, style)
        known = recent.get(layout)
        if known is None:
            wanted = partial(is_meant, style.measurements)
            known = remotesamples.template_of(layout, _told_tags, wanted)
            recent.put(layout, known)
        return known


def packets_of(bodies: Iterable[Body], database: str, policy: str) -> list[Packet]:
    """Bodies as packets of one policy."""
    return [Packet(database, policy, body.points, body.data) for body in bodies if body.points]


def _of_style(known: dict[Style, RecentLayouts[T]], style: Style) -> RecentLayouts[T]:
    if style not in known and len(known) >= _STYLES:
        known.clear()
    return known.setdefault(style, RecentLayouts(_LAYOUTS, _COLUMNS))


def _told_tags(tags: Tags) -> Tags:
    if any(key == STOCK for key, _ in tags):
        return shown_tags(tags)
    return tuple(pair for pair in tags if pair[0] != "space")


def _sampled(found: _Samples) -> list[Body]:
    bodies, parts, points, size = [], [], 0, 0
    for template, block in found:
        data, count = remotesamples.samples(template, block)
        parts.append(data)
        points, size = points + count, size + len(data)
        if size >= PACKET_BYTES:
            bodies.append(Body(points, b"".join(parts)))
            parts, points, size = [], 0, 0
    return [*bodies, Body(points, b"".join(parts))] if points else bodies


def _lined(form: Form, found: _Lines) -> list[Body]:
    return _datagrams(found) if form is Form.DATAGRAMS else _texts(found)


def _texts(found: _Lines) -> list[Body]:
    """Bodies of lines; small ones that follow each other are put together."""
    bodies: list[Body] = []
    held: list[bytes] = []
    points = size = 0
    for known, block in found:
        for data, count in linewriter.WRITER.bodies(known.prepared, block, PACKET_BYTES):
            held.append(data)
            points, size = points + count, size + len(data)
            if size >= PACKET_BYTES:
                bodies.append(Body(points, b"".join(held)))
                held, points, size = [], 0, 0
    return [*bodies, Body(points, b"".join(held))] if points else bodies


def _datagrams(found: _Lines) -> list[Body]:
    bodies: list[Body] = []
    held: list[bytes] = []
    size = dropped = 0
    for known, block in found:
        for line in linewriter.lines(known.template, block):
            data = line.encode("utf-8", "replace")
            if len(data) > DATAGRAM_BYTES:
                dropped += 1
                continue
            held.append(data)
            size += len(data)
            if size >= PACKET_BYTES:
                bodies.append(Body(len(held), msgspec.msgpack.encode(held)))
                held, size = [], 0
    return [*bodies, Body(len(held), msgspec.msgpack.encode(held), dropped)]
