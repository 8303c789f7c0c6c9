"""Random `kill -9` of the hub while points are written over /write: part of bench/kills.py.

Each writer has a node's certificate and a connection of its own, and writes one body after the
other, of some rows of several series, every second writer packed. What is not acknowledged it
writes again to the hub that comes next, as Telegraf does, and nothing else twice. After each kill
rows are counted before anything is written: not fewer than were acknowledged, and not more than
were sent. At the end each value is read and compared with what was written, and the hub's own
count of rows, in which a row that lies there twice counts twice, with that.
"""

import json
import random
import sys
import threading
import time
from pathlib import Path

import points

SECOND_NS = 10**9
ROWS, SERIES = 20, 25  # of a body
READING_S, AGAIN = 120, ("ask again in a moment", "the engine is still starting")
WRONG = ("missing_after_a_kill", "too_many_after_a_kill", "refused")  # must be nothing


class Writer:
    """Writes bodies until it is told to stop; `acknowledged` bodies are on disk."""

    def __init__(self, port: int, folder: Path, start_ns: int, number: int) -> None:
        self._port, self._start_ns, self.name = port, start_ns, f"w{number}"
        self._packed = number % 2 == 1
        self._context = points.context_of(folder)
        self.acknowledged = 0
        self.again = 0  # bodies that were written more than once
        self.refused = ""
        self.stopping = threading.Event()
        self.pausing = threading.Event()
        self.paused = threading.Event()

    def body(self, number: int) -> bytes:
        rows = range(number * ROWS, (number + 1) * ROWS)
        return "".join(line for row in rows for line in self._row(row)).encode()

    def _row(self, row: int) -> list[str]:
        time_ns = self._start_ns + row * SECOND_NS // 100
        start = f"kept,writer={self.name},unit=u"
        return [f"{start}{unit} v={row * SERIES + unit}i {time_ns}\n" for unit in range(SERIES)]

    def run(self) -> None:
        connection: points.Connection | None = None
        while not self.stopping.is_set():
            if self.pausing.is_set():
                self.paused.set()
                time.sleep(0.01)
                continue
            try:
                if connection is None:
                    connection = points.Connection(self._port, self._context, timeout_s=30)
                request = points.write_request(
                    f"/write?db={points.DATABASE}", self.body(self.acknowledged), self._packed
                )
                status, text = connection.send(request)
            except OSError:
                connection = None
                self.again += 1
                time.sleep(0.05)
                continue
            if status == b"204":
                self.acknowledged += 1
            elif status[:1] == b"4":
                self.refused = text.decode()
                return
            else:
                time.sleep(0.05)


class Counts:
    """What a hub holds of all writers, by writer."""

    def __init__(self, hub: points.PointHub, folder: Path, token: str) -> None:
        self._connection = points.Connection(hub.port, points.context_of(folder))
        self._token = token

    def rows(self) -> dict[str, int]:
        """Rows of the first series of each writer."""
        found = self._asked("select count(v) from kept where unit='u0' group by writer")
        return {each["tags"]["writer"]: each["values"][0][1] for each in found}

    def values(self, unit: int, writer: str) -> list[int]:
        """Every value of one series, ordered by time: an answer has a bound."""
        found = self._asked(
            f"select v from kept where unit='u{unit}' and writer='{writer}'", epoch="ns"
        )
        return [row[1] for each in found for row in each["values"]]

    def _asked(self, statement: str, **words: str) -> list[dict]:
        """A hub that has just started may have to read its journal, or wait for its engine."""
        until = time.monotonic() + READING_S
        while True:
            try:
                return self._connection.ask(statement, self._token, **words)
            except SystemExit as error:
                if not any(map(str(error).__contains__, AGAIN)) or time.monotonic() > until:
                    raise
            time.sleep(0.05)


def run(work: Path, kills: int, writers: int, seed: int) -> dict:
    hub = points.PointHub(work)
    base = int(hub.ready["web"].rsplit(":", 1)[1])
    folders = hub.claim(writers)
    token = hub.token()
    points.Connection(hub.port, points.context_of(folders[0])).ask(
        f"CREATE DATABASE {points.DATABASE}", token
    )
    start_ns = time.time_ns() // SECOND_NS * SECOND_NS - 3600 * SECOND_NS
    own = [Writer(hub.port, folder, start_ns, number) for number, folder in enumerate(folders)]
    threads = [threading.Thread(target=each.run, daemon=True) for each in own]
    for thread in threads:
        thread.start()
    draw, short, over = random.Random(seed), 0, 0
    for kill in range(kills):
        time.sleep(draw.uniform(0.1, 1.2))
        hub.process.kill()
        hub.process.wait()
        for each in own:
            each.paused.clear()
            each.pausing.set()
        for each in own:
            each.paused.wait(60)
        hub = points.PointHub(work, base=base, keep=True)
        held = Counts(hub, folders[0], token).rows()
        for each in own:
            found, least = held.get(each.name, 0), each.acknowledged * ROWS
            short += max(0, least - found)
            over += max(0, found - least - ROWS)
        for each in own:
            each.pausing.clear()
        print(f"kill {kill + 1}: {held}", file=sys.stderr, flush=True)
    time.sleep(1)
    for each in own:
        each.stopping.set()
    for thread in threads:
        thread.join(60)
    result = _compared(hub, folders[0], token, own)
    hub.stop()
    return {"kills": kills, "missing_after_a_kill": short, "too_many_after_a_kill": over, **result}


def _compared(hub: points.PointHub, folder: Path, token: str, own: list[Writer]) -> dict:
    """Each value that is there against each that was written; a hub's own count beside it."""
    counts = Counts(hub, folder, token)
    total = missing = twice = 0
    for unit in range(SERIES):
        for each in own:
            rows = each.acknowledged * ROWS
            values = counts.values(unit, each.name)
            missing += len({row * SERIES + unit for row in range(rows)}.difference(values))
            twice += len(values) - len(set(values))
            total += rows
    words = ("--measurement", "kept", "--field", "v", "--last", "3h", "--fn", "count", "--json")
    answer = json.loads(hub.muster("query", *words))
    return {
        "values_acknowledged": total,
        "values_counted": sum(cell or 0 for row in answer["rows"] for cell in row[1:]),
        "bodies_written_again": sum(each.again for each in own),
        "refused": [each.refused for each in own if each.refused],
        "missing": missing,
        "twice": twice,
    }
