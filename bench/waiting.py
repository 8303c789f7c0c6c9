"""What decoded batches that wait for a disk take: many links, and a disk that does not answer.

Each link is sent frames of 1,500 columns (bench/data.py), made beforehand and the same for all,
as fast as it takes them, while what stores them holds still. Reported once no link takes more:
values held against the bounds of the settings, and how much the process has grown since every
link had its decoder and one batch.

    .venv/bin/python bench/waiting.py --links 200 --rows 1
"""

import argparse
import asyncio
import ctypes
import gc
import json
import os
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import cast

from data import blocks, layout, rows

from muster.clock import SystemClock
from muster.core.intake.trim import Refused
from muster.faces.native.intake import Room
from muster.faces.native.linkbatches import LinkBatches
from muster.faces.native.linkbeats import LinkBeats
from muster.faces.native.linkcontext import LinkContext, LinkFaceSettings
from muster.model.identity import Identity
from muster.model.ids import NodeId, SpaceId
from muster.model.metric import Batch
from muster.wire.columns import ColumnEncoder
from muster.wire.limits import Limits
from muster.wire.messages import Message, Push
from muster.wire.sharednames import SharedNames

_STILL_S = 0.5  # without one more batch from any link: all are held up


class Still:
    """An ingest whose disk does not answer."""

    def __init__(self) -> None:
        self.values = 0  # under way to the disk

    def acked(self, node: NodeId, epoch: str) -> int:
        return 0

    def refused(self, node: NodeId) -> Refused:
        return Refused(0, "", 0.0)

    async def accept_all(self, identity: Identity, name: str, batches: Sequence[Batch]) -> int:
        self.values += sum(batch.values_total for batch in batches)
        await asyncio.Event().wait()
        return 0


class Bench:
    def __init__(self, settings: LinkFaceSettings, frames: list[bytes]) -> None:
        self.clock = SystemClock()
        self.room = Room(settings.values_waiting_total)
        self.taken = 0
        self._frames = frames
        hub = SimpleNamespace(
            clock=self.clock,
            settings=settings,
            limits=Limits(),
            series_names=SharedNames(),
            room=self.room,
            ingest=Still(),
            name_of=lambda node: "node",
        )
        self._hub = cast(LinkContext, hub)  # the parts of it that batches use

    async def run(self, links: int) -> dict[str, float]:
        async with asyncio.TaskGroup() as jobs:
            opened = [self._open(f"n{number}") for number in range(links)]
            for each in opened:
                await self._push(each, 1)
            _give_back()
            before, values = _resident_bytes(), self.room.values
            beside = [jobs.create_task(each.run()) for each in opened]
            sending = [jobs.create_task(self._send(each)) for each in opened]
            await self._until_still()
            _give_back()
            grown, held = _resident_bytes() - before, self.room.values - values
            for job in (*beside, *sending):
                job.cancel()
        return {
            "links": links,
            "values_held": values + held,
            "values_per_link": round((values + held) / links),
            "grown_mb": round(grown / 1e6, 1),
            "bytes_per_value": round(grown / max(1, held), 2),
        }

    def _open(self, node: str) -> LinkBatches:
        async def say(message: Message) -> None:
            """Nobody listens."""

        link = LinkBatches(
            self._hub,
            Identity("hub", SpaceId("space"), NodeId(node)),
            say,
            LinkBeats(self.clock, say),
        )
        link.begin("epoch")
        return link

    async def _push(self, link: LinkBatches, sequence: int) -> None:
        body = self._frames[sequence - 1]
        await link.take(Push(sequence=sequence, key=sequence == 1, body=body), 0.0)
        self.taken += 1

    async def _send(self, link: LinkBatches) -> None:
        for sequence in range(2, len(self._frames) + 1):
            await self._push(link, sequence)
            await asyncio.sleep(0)
        raise RuntimeError("a link took every frame there is: make more")

    async def _until_still(self) -> None:
        taken = -1
        while taken != self.taken:
            taken = self.taken
            await asyncio.sleep(_STILL_S)


def _give_back() -> None:
    """Return free memory to the system, so that what is grown is what is held."""
    gc.collect()
    ctypes.CDLL(None).malloc_trim(0)


def _resident_bytes() -> int:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--links", type=int, default=200)
    parser.add_argument("--rows", type=int, default=1, help="seconds in one frame")
    parser.add_argument("--total", type=int, help="bound of all links together, in values")
    options = parser.parse_args()
    settings = LinkFaceSettings()
    if options.total:
        settings = LinkFaceSettings(values_waiting_total=options.total)
    shape, encoder = layout(), ColumnEncoder()
    made = blocks(shape, rows(1, 600 * options.rows), options.rows)
    frames = [encoder.encode([each], key=not place) for place, each in enumerate(made)]
    found = asyncio.run(Bench(settings, frames).run(options.links))
    bounds = {
        "values_waiting": settings.values_waiting,
        "batches_waiting": settings.batches_waiting,
        "values_waiting_total": settings.values_waiting_total,
    }
    print(json.dumps(found | bounds, indent=2))


if __name__ == "__main__":
    main()
