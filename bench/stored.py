"""Bytes that a value of a real machine takes on disk, beside Debian's VictoriaMetrics.

    .venv/bin/python bench/stored.py --seconds 240

The agent's own collectors look at this machine once a second. What they found is written over
/write, and VictoriaMetrics is asked to merge it; muster is ended, which stores what is in its
journal. Counted are the files of the engine's columns with times and keys, and beside them the
sums by minutes and hours; of VictoriaMetrics its data, and beside it its index. VictoriaMetrics
keeps no texts, and all numbers as floats. Prints JSON; `kinds` are the values of each kind.
"""

import argparse
import asyncio
import json
import tempfile
import time
import urllib.request
from collections import Counter
from datetime import timedelta
from pathlib import Path

import peers
import points

from muster.agent.collecting.scheduler import Scheduler
from muster.clock import SystemClock
from muster.collectors import COLLECTORS
from muster.log import set_up
from muster.model.metric import Block
from muster.wire.linewriter import lines, template_of

TICKS = 20  # of a body


async def recorded(seconds: int) -> list[Block]:
    found: list[Block] = []
    scheduler = Scheduler(
        COLLECTORS, SystemClock(), root=Path("/"), intervals={"nstat": timedelta(seconds=10)}
    )
    try:
        async with asyncio.timeout(seconds):
            await scheduler.run(found.extend)
    except TimeoutError:
        pass
    return found


def bodies(blocks: list[Block]) -> list[bytes]:
    found = []
    for at in range(0, len(blocks), TICKS):
        some = blocks[at : at + TICKS]
        made = [line for block in some for line in lines(template_of(block.layout), block)]
        found.append("".join(f"{line}\n" for line in made).encode())
    return found


def kinds_of(blocks: list[Block]) -> Counter[str]:
    found: Counter[str] = Counter()
    for block in blocks:
        width = len(block.layout.series)
        for at, series in enumerate(block.layout.series):
            cells = block.present[at::width] if block.present is not None else b"\1" * block.rows
            found[series.kind.name.lower()] += cells.count(1)
    return found


def muster(work: Path, made: list[bytes]) -> dict[str, int]:
    hub = points.PointHub(work, "off", base=18900, port=18990)
    connection = points.Connection(hub.port)
    connection.ask(f"CREATE DATABASE {points.DATABASE}")
    for body in made:
        connection.write(points.write_request(f"/write?db={points.DATABASE}", body))
    connection.close()
    hub.stop()
    columns = sum(path.stat().st_size for path in (hub.data / "series").rglob("*.bin"))
    return {"bytes": columns, "beside": peers.folder_bytes(hub.data / "series-sums")}


def victoriametrics(work: Path, made: list[bytes]) -> dict[str, int]:
    with peers.victoriametrics(work) as peer:
        connection = points.Connection(peer.port)
        for body in made:
            connection.write(points.write_request("/write", body))
        connection.close()
        for path in ("/internal/force_flush", "/internal/force_merge"):
            urllib.request.urlopen(peer.url(path), timeout=60).read()
        time.sleep(5)  # merging goes on after the answer
    data = peer.folder / "data" / "data"
    index = peers.folder_bytes(peer.folder / "data" / "indexdb")
    return {"bytes": peers.folder_bytes(data), "beside": index}


def main() -> None:
    set_up("warning")
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=int, default=240)
    parser.add_argument("--work", type=Path, default=Path(tempfile.gettempdir()) / "muster-bench")
    options = parser.parse_args()
    options.work.mkdir(parents=True, exist_ok=True)
    blocks = asyncio.run(recorded(options.seconds))
    kinds, made = kinds_of(blocks), bodies(blocks)
    found: dict[str, object] = {"kinds": kinds, "ticks": options.seconds}
    numbers = kinds.total() - kinds["string"]
    for name, run, total in (
        ("muster", muster, kinds.total()),
        ("victoriametrics", victoriametrics, numbers),
    ):
        sizes = run(options.work, made)
        found[name] = sizes | {"bytes_per_value": round(sizes["bytes"] / total, 2)}
    print(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
