"""Speed and size of the frames of wire/columns.py on values like those of a real machine.

    python bench/codec.py [--seconds 30] [--twin both]

Two sets of 1 Hz rows: `proc` are this machine's own counters (/proc) with the percentages
Telegraf's cpu input makes of them, cut or repeated to 1,500 columns; `cores` are the cpu
percentages of 64 busy cores, all doubles with full mantissas: the worst that is common.
Prints one JSON document. Values a second are of one thread; the best of several runs.
"""

import argparse
import json
import random
import struct
import time
from array import array
from pathlib import Path

import zstandard

from muster.model.metric import Block, Kind, Layout, Series
from muster.wire.cells import CELLS, COMPILED, PureCells
from muster.wire.columns import ColumnDecoder, ColumnEncoder
from muster.wire.packing import LEVEL

COLUMNS = 1_500
SECOND_NS = 1_000_000_000
FILES = (  # noqa: SIM905
    "stat meminfo vmstat loadavg diskstats interrupts softirqs net/dev net/snmp net/netstat"
    " schedstat zoneinfo"
).split()
Row = list[int]  # patterns


def double(value: float) -> int:
    return struct.unpack("<q", struct.pack("<d", value))[0]


def numbers_of(text: str) -> list[int]:
    return [int(word) for word in text.replace(":", " ").split() if word.isdigit()]


def percentages(before: list[int], after: list[int]) -> list[float]:
    deltas = [new - old for old, new in zip(before, after, strict=True)]
    total = sum(deltas) or 1
    return [100 * delta / total for delta in deltas]


def cpu_ticks() -> list[list[int]]:
    lines = Path("/proc/stat").read_text().splitlines()
    return [numbers_of(line)[:10] for line in lines if line.startswith("cpu")]


def proc_row(ticks: list[list[int]], ticks_before: list[list[int]]) -> tuple[Row, list[Kind]]:
    floats = [
        value
        for before, after in zip(ticks_before, ticks, strict=True)
        for value in percentages(before[-10:], after[-10:])
    ]
    floats += [float(word) for word in Path("/proc/loadavg").read_text().split()[:3]]
    memory = numbers_of(Path("/proc/meminfo").read_text())
    floats.append(100 * (memory[0] - memory[2]) / memory[0])
    texts = [Path("/proc", name).read_text() for name in FILES if Path("/proc", name).exists()]
    integers = [number for text in texts for number in numbers_of(text)]
    row = [double(value) for value in floats] + integers
    return row, [Kind.FLOAT] * len(floats) + [Kind.INTEGER] * len(integers)


def proc_rows(seconds: int) -> tuple[list[Row], list[Kind]]:
    rows, kinds = [], []
    before = cpu_ticks()
    for _ in range(seconds):
        time.sleep(1)
        ticks = cpu_ticks()
        row, kinds = proc_row(ticks, before)
        before = ticks
        rows.append(row)
    width = min(map(len, rows))
    places = [n % width for n in range(COLUMNS)]
    return [[row[n] for n in places] for row in rows], [kinds[n] for n in places]


def core_rows(seconds: int) -> tuple[list[Row], list[Kind]]:
    chance, rows = random.Random(7), []
    for _ in range(seconds):
        row = []
        for _core in range(64):
            ticks = [chance.choice((0, 0, 1, 3, 12, 40)) for _ in range(10)]
            ticks[3] += max(0, 100 - sum(ticks))
            row += [double(value) for value in percentages([0] * 10, ticks)]
        rows.append(row)
    return rows, [Kind.FLOAT] * 640


def layout_of(kinds: list[Kind]) -> Layout:
    return Layout(
        tuple(
            Series(f"measurement_{n // 12}", (("cpu", f"cpu{n // 12 % 8}"),), f"field_{n}", kind)
            for n, kind in enumerate(kinds)
        )
    )


def blocks_of(rows: list[Row], kinds: list[Kind], height: int) -> list[Block]:
    layout, blocks = layout_of(kinds), []
    for start in range(0, len(rows) - height + 1, height):
        part = rows[start : start + height]
        times = array("q", [(1_800_000_000 + start + n) * SECOND_NS for n in range(height)])
        blocks.append(Block(layout, times, array("q", [cell for row in part for cell in row])))
    return blocks


def best(run, repeats: int) -> float:
    """Seconds of the quickest run."""
    took = []
    for _ in range(repeats):
        start = time.perf_counter()
        run()
        took.append(time.perf_counter() - start)
    return min(took)


def measure(blocks: list[Block], cells, repeats: int) -> dict[str, float]:
    """A chain of frames after its key frame, one block each; the key frame apart."""
    encoder, decoder = ColumnEncoder(cells=cells), ColumnDecoder(cells=cells)
    key = encoder.encode(blocks[:1], key=True)
    bodies = [encoder.encode([block]) for block in blocks[1:]]
    values = sum(len(block.values) for block in blocks[1:])

    def encode_all() -> None:
        for block in blocks[1:]:
            encoder.encode([block])

    def decode_all() -> None:
        for body in bodies:
            decoder.decode(body, key=False)

    def with_key(run, start) -> float:
        took = []
        for _ in range(repeats):
            start()
            took.append(best(run, 1))
        return min(took)

    encode_s = with_key(encode_all, lambda: encoder.encode(blocks[:1], key=True))
    decode_s = with_key(decode_all, lambda: decoder.decode(key, key=True))
    first_s = best(lambda: ColumnDecoder(cells=cells).decode(key, key=True), repeats)
    key_decode_s = best(lambda: decoder.decode(key, key=True), repeats)
    key_encode_s = best(lambda: encoder.encode(blocks[:1], key=True), repeats)
    return {
        "encode_million_values_s": round(values / encode_s / 1e6, 2),
        "decode_million_values_s": round(values / decode_s / 1e6, 2),
        "encode_ms_per_frame": round(encode_s / len(bodies) * 1e3, 4),
        "decode_ms_per_frame": round(decode_s / len(bodies) * 1e3, 4),
        "bytes_per_value": round(sum(map(len, bodies)) / values, 4),
        "bytes_per_frame": round(sum(map(len, bodies)) / len(bodies), 1),
        "key_frame_bytes": len(key),
        "key_frame_encode_ms": round(key_encode_s * 1e3, 3),
        "first_key_frame_decode_ms": round(first_s * 1e3, 3),
        "key_frame_decode_ms": round(key_decode_s * 1e3, 3),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=int, default=30, help="of rows to sample")
    parser.add_argument("--twin", choices=("compiled", "pure", "both"), default="both")
    options = parser.parse_args()
    options.seconds = max(20, options.seconds)  # two frames of ten rows
    twins = {}
    if COMPILED and options.twin != "pure":
        twins["compiled"] = CELLS
    if options.twin != "compiled":
        twins["pure"] = PureCells()
    sets = {"proc": proc_rows(options.seconds), "cores": core_rows(options.seconds)}
    report: dict[str, object] = {"zstd": zstandard.__version__, "level": LEVEL}
    for name, (rows, kinds) in sets.items():
        for height in (1, 10):
            blocks = blocks_of(rows, kinds, height)
            for twin, cells in twins.items():
                repeats = 30 if twin == "compiled" else 3
                report[f"{name}, {height} row frames, {twin}"] = measure(blocks, cells, repeats)
    print(json.dumps(report, indent=2))


if __name__ == "__main__":
    main()
