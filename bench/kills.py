"""Random `kill -9` of the hub during ingest: what was acknowledged is there, once.

    .venv/bin/python bench/kills.py [--kills 50] [--hosts 2] [--over link]

Simulated agents send as fast as they are acknowledged. The hub is killed at random moments
and started again; each agent goes on where the hub's welcome says. At the end every row of
every host is counted: none missing, none twice. With `--over write` points are written over
/write with mutual TLS instead: bench/writekills.py. Prints JSON.
"""

import argparse
import asyncio
import json
import random
import signal
import sys
import tempfile
from pathlib import Path

import data
import ingest
import load
import writekills

from muster.errors import MusterError
from muster.model.metric import Layout

COLUMNS = 50
ENDING = (signal.SIGTERM, signal.SIGHUP, signal.SIGINT)


class Sender(load.Agent):
    """Sends the same chain of frames over and over, as one epoch, across hubs that die."""

    def __init__(self, folder: Path, frames: list) -> None:
        super().__init__(folder)
        self._frames = frames
        self.lost = 0  # acknowledged once, unknown to the hub later
        self.resumed = 0

    async def session(self) -> None:
        """One link, until the hub dies or everything is acknowledged."""
        await self.open(last=len(self._frames))
        self.lost += max(0, self.acked - self.welcomed)
        self.acked = self.welcomed
        self.resumed += 1
        if self.acked == len(self._frames):
            return
        first = self.acked // load.KEY_EVERY * load.KEY_EVERY + 1
        async with asyncio.TaskGroup() as jobs:
            jobs.create_task(self.push(self._frames[first - 1 :], first=first, window=200))
            jobs.create_task(self.listen(until=len(self._frames)))

    def _note(self, sequence: int) -> None:
        self._sent = {number: at for number, at in self._sent.items() if number > sequence}
        self.acked = max(self.acked, sequence)
        self._moved.set()

    async def run_to_end(self) -> None:
        while self.acked < len(self._frames):
            try:
                await self.session()
            except* (MusterError, OSError, StopAsyncIteration):
                await asyncio.sleep(0.1)


async def run(options: argparse.Namespace) -> dict:
    own = asyncio.current_task()
    assert own is not None
    for number in ENDING:
        asyncio.get_running_loop().add_signal_handler(number, own.cancel)
    hub = ingest.Hub(options.work)
    base = int(hub.ready["web"].rsplit(":", 1)[1])
    folders = await asyncio.to_thread(hub.claim, options.hosts)
    rows = options.kills * 8000
    shape = Layout(data.layout().series[:COLUMNS])
    made = [row[:COLUMNS] for row in data.rows(1, 3000)]
    values = [made[index % len(made)] for index in range(rows)]
    batches = [[block] for block in data.blocks(shape, values, 1, ingest._recent(values))]
    frames = load.encoded(batches)
    senders = [Sender(folder, frames) for folder in folders]
    draw = random.Random(options.seed)

    async def killer() -> int:
        nonlocal hub
        done = 0
        while done < options.kills and any(each.acked < rows for each in senders):
            await asyncio.sleep(draw.uniform(0.2, 2.0))
            hub.process.kill()
            await asyncio.to_thread(hub.process.wait)
            hub = await asyncio.to_thread(ingest.Hub, options.work, base, keep=True)
            done += 1
            print(f"kill {done}: {[each.acked for each in senders]}", file=sys.stderr, flush=True)
        return done

    async with asyncio.TaskGroup() as jobs:
        killing = jobs.create_task(killer())
        for sender in senders:
            jobs.create_task(sender.run_to_end())
    words = ("query", "--measurement", "unit", "--field", "field0", "--tag", "line=line000",
             "--last", f"{rows + 3600}s", "--fn", "count", "--json")  # fmt: skip
    answer = json.loads(await asyncio.to_thread(hub.muster, *words))
    counts = answer["rows"][0][1:] if answer["rows"] else []
    raw = json.loads(await asyncio.to_thread(hub.muster, *words[:-2], "raw", "--json"))
    await asyncio.to_thread(hub.stop)
    distinct = [
        sum(row[column] is not None for row in raw["rows"])
        for column in range(1, 1 + options.hosts)
    ]
    return {
        "kills": killing.result(),
        "rows_sent_per_host": rows,
        "rows_counted": counts,
        "rows_distinct": distinct,
        "acknowledged_and_lost": sum(sender.lost for sender in senders),
        "links": sum(sender.resumed for sender in senders),
        "missing": sum(rows - count for count in distinct),
        "twice": sum(count - own for count, own in zip(counts, distinct, strict=True)),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--hosts", type=int, default=2)
    parser.add_argument("--over", choices=("link", "write"), default="link")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--work", type=Path, default=Path(tempfile.gettempdir()) / "muster-bench")
    options = parser.parse_args()
    options.work.mkdir(parents=True, exist_ok=True)
    for number in ENDING:  # an exception, so that what was started ends
        signal.signal(number, lambda *_: sys.exit("broken off"))
    if options.over == "write":
        result = writekills.run(options.work, options.kills, options.hosts, options.seed)
    else:
        result = asyncio.run(run(options))
    print(json.dumps(result, indent=1))
    wrong = ("missing", "twice", "acknowledged_and_lost", *writekills.WRONG)
    if any(result.get(one) for one in wrong):
        raise SystemExit("values were lost or doubled")


if __name__ == "__main__":
    main()
