"""Speed of the decoders of other monitors' messages, 2,000 samples each as Prometheus sends them.

    python bench/remote.py [--twin both] [--repeats 20]

`v1` is a block of remote write 1.0 with 2,000 series that a parser has met, unpacked and read;
`v2` the same of 2.0; `new` is `v1` with series that it has not met (their layouts are made);
`snappy` is the unpacking alone; `otlp` a request of 2,000 points of OTLP, read and made columns.
`stored` sends messages through the whole way to the journal, fsync included, as one sender does
whose messages begin at another series each time (`by_cpu`: a second of all threads' processor
time, which neighbours on the machine do not change). Prints one JSON document. Samples a second are
of one thread; the best of several runs.
"""

import argparse
import asyncio
import json
import random
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from muster.core.writes.metricmetadata import MetricMetadata
from muster.core.writes.pointwrites import Target, Writer
from muster.core.writes.remotewrites import RemoteWrites
from muster.testing.influxstore import InfluxStore
from muster.testing.remotewriting import double, part, request_v1, request_v2, varint
from muster.wire.otlp import OtlpLimits, decode_protobuf
from muster.wire.otlpcolumns import OtlpColumns
from muster.wire.prometheus import COMPILED, PureRemoteParser, RemoteParser, remote_parser
from muster.wire.prometheusparts import RemoteLimits, Version
from muster.wire.snappy import SNAPPY, PureSnappy

SAMPLES = 2_000
SERIES = 20_000  # of the sender of `stored`
NOW_MS = 1_700_000_000_000
LIMITS = RemoteLimits()
Labels = tuple[tuple[str, str], ...]


def labels_of(number: int) -> Labels:
    cpu, mode = divmod(number, 8)
    host = f"web-{cpu // 8:04d}.example.org:9100"
    return (
        ("__name__", "node_cpu_seconds_total"),
        ("cpu", str(cpu % 8)),
        ("instance", host),
        ("job", "node"),
        ("mode", f"mode{mode}"),
    )


def message(write: Callable, first: int = 0, count: int = SAMPLES, time_ms: int = NOW_MS) -> bytes:
    chance = random.Random(first)
    return write(
        (labels_of(number % SERIES), [time_ms], [chance.randrange(10**7) / 100])
        for number in range(first, first + count)
    )


def of_2_0(series) -> bytes:
    return request_v2(
        (dict(labels), list(zip(values, times_ms, strict=True)))
        for labels, times_ms, values in series
    )


def otlp() -> bytes:
    def attribute(name: str, value: str) -> bytes:
        return part(1, name.encode()) + part(2, part(1, value.encode()))

    points = b""
    for number in range(SAMPLES):
        named = dict(labels_of(number)[1:])
        texts = b"".join(part(7, attribute(*each)) for each in named.items())
        moment = varint(3 << 3 | 1) + (NOW_MS * 10**6).to_bytes(8, "little")
        points += part(1, moment + texts + double(4, number / 7))
    metric = part(1, b"system.cpu.time") + part(3, b"s") + part(7, points)
    return part(1, part(1, part(1, attribute("host.name", "a"))) + part(2, part(2, metric)))


def best(work: Callable[[], object], repeats: int) -> float:
    """Seconds of the fastest run."""
    found = float("inf")
    for _ in range(repeats):
        start = time.perf_counter()
        work()
        found = min(found, time.perf_counter() - start)
    return found


def rates(make: Callable[[RemoteLimits], RemoteParser], snappy, repeats: int) -> dict[str, float]:
    old, new = (snappy.pack(message(write)) for write in (request_v1, of_2_0))
    size = len(snappy.unpack(old, 1 << 30))
    warm = make(LIMITS)

    def read(block: bytes, version: Version, parser: RemoteParser) -> object:
        return parser.parse(snappy.unpack(block, LIMITS.body_bytes), version)

    read(old, Version.V1, warm)
    unpacking = best(lambda: snappy.unpack(old, 1 << 30), repeats)
    return {
        "v1": SAMPLES / best(lambda: read(old, Version.V1, warm), repeats),
        "v2": SAMPLES / best(lambda: read(new, Version.V2, warm), repeats),
        "new": SAMPLES / best(lambda: read(old, Version.V1, make(LIMITS)), repeats),
        "snappy_bytes": size / unpacking,
    }


async def stored(rounds: int) -> dict[str, float]:
    """Samples a second of one sender, acknowledged; the first round makes the series."""
    step, seconds, busy = SAMPLES - 17, [], []
    with tempfile.TemporaryDirectory() as folder:
        async with InfluxStore(Path(folder)) as house:
            await house.databases.create(house.login, "d")
            limits = RemoteLimits(remembered=1 << 20)
            writes = RemoteWrites(writes=house.writes, metadata=MetricMetadata(), limits=limits)
            target = Target(house.space.id, "d", "", 1)
            now_ms, first = house.clock.now_ns() // 10**6, 0
            for number in range(rounds):
                time_ms = now_ms + 15_000 * number
                blocks = [
                    SNAPPY.pack(message(request_v1, first + at, SAMPLES, time_ms))
                    for at in range(0, SERIES - step, step)
                ]
                first += 311
                start, cpu = time.perf_counter(), time.process_time()
                for block in blocks:
                    received = await writes.receive(block, Version.V1)
                    answer = await writes.store(received, target, Writer())
                    assert not answer.text, answer.text
                seconds.append((time.perf_counter() - start) / len(blocks))
                busy.append((time.process_time() - cpu) / len(blocks))
    return {
        "first": SAMPLES / seconds[0],
        "later": SAMPLES / min(seconds[1:]),
        "later_by_cpu": SAMPLES / min(busy[1:]),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--twin", choices=("both", "compiled", "pure"), default="both")
    parser.add_argument("--repeats", type=int, default=20)
    asked = parser.parse_args()
    out: dict[str, object] = {}
    if COMPILED and asked.twin != "pure":
        out["compiled"] = rates(remote_parser, SNAPPY, asked.repeats)
    if asked.twin != "compiled":
        out["pure"] = rates(PureRemoteParser, PureSnappy(), max(1, asked.repeats // 10))
    columns, body, limits = OtlpColumns(LIMITS), otlp(), OtlpLimits()
    columns.take(decode_protobuf(body, limits), 1)
    seconds = best(lambda: columns.take(decode_protobuf(body, limits), 1), asked.repeats // 4 or 1)
    out["otlp"] = SAMPLES / seconds
    out["stored"] = asyncio.run(stored(6))
    print(json.dumps(out, indent=2))


if __name__ == "__main__":
    main()
