"""Speed of the line-protocol parser on bodies as Telegraf sends them, 5,000 lines each.

    python bench/lines.py [--twin both] [--repeats 20]

`cpu` is 200 series of ten float fields, each line's as the last one's; `shuffled` the same with
fields in another order on each line, as Telegraf's metrics come; `mixed` has integers, short
decimals, strings and booleans; `new` is `cpu` with 5,000 series that a parser has not met (its
layouts are made); `gzip` is `cpu` unpacked and parsed. Prints one JSON document. Values a second
are of one thread; the best of several runs.
"""

import argparse
import gzip
import json
import random
import time
from collections.abc import Callable

from muster.wire.lineparsed import LineLimits
from muster.wire.lineprotocol import COMPILED, LineParser, PureLineParser, line_parser
from muster.wire.unpacking import unpack

LINES = 5_000
START_S = 1_700_000_000
NOW_NS = START_S * 10**9
FIELDS = (  # noqa: SIM905
    "usage_guest usage_guest_nice usage_idle usage_iowait usage_irq usage_nice"
    " usage_softirq usage_steal usage_system usage_user"
).split()
Make = Callable[[LineLimits], LineParser]


def key_of(number: int) -> str:
    host = number // 4
    tags = f"cpu=cpu{number % 4},dc=dc{host % 3},host=web-{host:04d}.example.org,os=linux"
    return f"cpu,{tags},region=eu-west-{host % 4}"


def cpu(series: int, *, shuffled: bool = False) -> bytes:
    chance, lines = random.Random(7), []
    for number in range(LINES):
        fields = [f"{name}={chance.randrange(1, 9999) / 137!r}" for name in FIELDS]
        if shuffled:
            chance.shuffle(fields)
        time_s = START_S + number // series
        lines.append(f"{key_of(number % series)} {','.join(fields)} {time_s}000000000")
    return "\n".join(lines).encode()


def mixed() -> bytes:
    chance, lines = random.Random(8), []
    for number in range(LINES):
        total = chance.randrange(10**9, 10**11)
        fields = (
            f"free={total // 3}i,total={total}i,used={total // 7}i,inodes_total=6553600i,"
            f"used_percent={chance.randrange(10**5) / 1000},load1={chance.randrange(999) / 100},"
            f'ok={chance.choice("tf")},mode="{chance.choice(("rw", "ro"))}",n_cpus=4i,up=true'
        )
        tags = f"device=sda{number % 9},host=h{number % 50:03d},path=/srv/{number % 9}"
        lines.append(f"disk,{tags} {fields} {START_S + number // 450}000000000")
    return "\n".join(lines).encode()


def best(run: Callable[[], object], repeats: int) -> float:
    took = []
    for _ in range(repeats):
        start = time.perf_counter()
        run()
        took.append(time.perf_counter() - start)
    return min(took)


def measure(make: Make, body: bytes, repeats: int, *, fresh: bool) -> dict[str, float]:
    limits = LineLimits()
    parser = make(limits)
    values = len(parser.parse(body, 1, NOW_NS).values)

    def parse() -> None:
        (make(limits) if fresh else parser).parse(body, 1, NOW_NS)

    took_s = best(parse, repeats)
    return {
        "million_values_s": round(values / took_s / 1e6, 2),
        "ms_per_body": round(took_s * 1e3, 3),
        "megabytes_s": round(len(body) / took_s / 1e6, 1),
    }


def measure_gzip(make: Make, body: bytes, repeats: int) -> dict[str, float]:
    packed, limits = gzip.compress(body, 6), LineLimits()
    parser = make(limits)
    values = len(parser.parse(body, 1, NOW_NS).values)
    unpack_s = best(lambda: unpack(packed, limits.body_bytes), repeats)
    both_s = best(lambda: parser.parse(unpack(packed, limits.body_bytes), 1, NOW_NS), repeats)
    return {
        "million_values_s": round(values / both_s / 1e6, 2),
        "ms_per_body": round(both_s * 1e3, 3),
        "of_it_unpacking_ms": round(unpack_s * 1e3, 3),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--twin", choices=("compiled", "pure", "both"), default="both")
    parser.add_argument("--repeats", type=int, default=20)
    options = parser.parse_args()
    twins: dict[str, Make] = {}
    if COMPILED and options.twin != "pure":
        twins["compiled"] = line_parser
    if options.twin != "compiled":
        twins["pure"] = PureLineParser
    bodies = {
        "cpu": cpu(200),
        "shuffled": cpu(200, shuffled=True),
        "mixed": mixed(),
        "new": cpu(LINES),
    }
    report: dict[str, object] = {name: len(body) for name, body in bodies.items()}
    for twin, make in twins.items():
        repeats = options.repeats if twin == "compiled" else 3
        for name, body in bodies.items():
            report[f"{name}, {twin}"] = measure(make, body, repeats, fresh=name == "new")
        report[f"gzip, {twin}"] = measure_gzip(make, bodies["cpu"], repeats)
    print(json.dumps(report, indent=2))


if __name__ == "__main__":
    main()
