"""Record what Prometheus answers: `python tests/golden/promql/record.py PROGRAM [--series]`.

PROGRAM is Prometheus (Debian's package `prometheus`, 2.42). It is started on an empty folder,
gets the series of tests/golden/promql/series.json by remote write, and is asked every question of
tests/golden/promql/questions.txt; its answers become tests/golden/promql/answers.json.
`--series` makes the series anew.
"""

import argparse
import json
import math
import random
import struct
import subprocess
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from pathlib import Path

GOLDEN = Path(__file__).parent
BEGIN_MS = 1_700_000_000_000
STEP_MS = 30_000
COUNT = 120
MOMENT = "1700003000"
RANGE = "start=1700000300&end=1700003400&step=310"
ADDRESS = "127.0.0.1:19099"
STALE = struct.unpack("<d", struct.pack("<Q", 0x7FF0000000000002))[0]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("program")
    parser.add_argument("--series", action="store_true")
    given = parser.parse_args()
    if given.series:
        series = sorted(made(), key=lambda each: sorted(each["labels"].items()))
        text = ",\n".join(json.dumps(each, ensure_ascii=False) for each in series)
        (GOLDEN / "series.json").write_text(f"[\n{text}\n]\n")
    series = json.loads((GOLDEN / "series.json").read_text())
    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder) / "prometheus.yml"
        config.write_text("global: {}\n")
        command = [
            given.program,
            f"--config.file={config}",
            f"--storage.tsdb.path={folder}/data",
            "--storage.tsdb.retention.time=100y",
            "--web.enable-remote-write-receiver",
            f"--web.listen-address={ADDRESS}",
        ]
        with subprocess.Popen(command, stderr=subprocess.DEVNULL) as server:
            try:
                wait()
                write(series)
                answers = [ask(line) for line in questions()]
            finally:
                server.terminate()
    text = ",\n".join(json.dumps(each, ensure_ascii=False) for each in answers)
    (GOLDEN / "answers.json").write_text(f"[\n{text}\n]\n")
    print(f"{len(series)} series, {len(answers)} answers")


def questions() -> Iterator[str]:
    """Paths with parameters. `=` asks at a moment, `~` at steps of a range, `*` both."""
    for line in (GOLDEN / "questions.txt").read_text().splitlines():
        mark, _, rest = line.partition(" ")
        query = urllib.parse.quote(rest, safe="")
        if mark in ("=", "*"):
            yield f"/query?time={MOMENT}&query={query}"
        if mark in ("~", "*"):
            yield f"/query_range?{RANGE}&query={query}"
        if mark.startswith("/"):
            yield urllib.parse.quote(line, safe="/?&=%+")


def ask(path: str) -> dict[str, object]:
    try:
        with urllib.request.urlopen(f"http://{ADDRESS}/api/v1{path}") as answer:
            text = answer.read().decode()
            return {"ask": path, "status": answer.status, "answer": settled(path, text)}
    except urllib.error.HTTPError as error:
        return {"ask": path, "status": error.code, "answer": error.read().decode()}


def settled(path: str, text: str) -> str:
    """Histograms come in the order of a hash table: sorted, they are the same each time."""
    if not path.startswith("/query?") or "histogram_quantile" not in path or not text:
        return text
    answer = json.loads(text)
    answer["data"]["result"].sort(key=lambda each: sorted(each["metric"].items()))
    return json.dumps(answer, separators=(",", ":"), ensure_ascii=False)


def wait() -> None:
    for _ in range(100):
        try:
            urllib.request.urlopen(f"http://{ADDRESS}/-/ready").close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise SystemExit("Prometheus does not come up")


def write(series: list[dict]) -> None:
    """All series, one request for each, so that they are known in this order."""
    for each in series:
        body = b"".join(
            field(1, label(name, value)) for name, value in sorted(each["labels"].items())
        )
        for at, text in zip(each["times"], each["values"], strict=True):
            value = STALE if text == "stale" else float(text)
            body += field(2, b"\x09" + struct.pack("<d", value) + b"\x10" + varint(at))
        request = urllib.request.Request(
            f"http://{ADDRESS}/api/v1/write", snappy(field(1, body)), method="POST"
        )
        request.add_header("Content-Encoding", "snappy")
        request.add_header("Content-Type", "application/x-protobuf")
        urllib.request.urlopen(request).close()


def label(name: str, value: str) -> bytes:
    return field(1, name.encode()) + field(2, value.encode())


def field(number: int, content: bytes) -> bytes:
    return bytes((number << 3 | 2,)) + varint(len(content)) + content


def varint(value: int) -> bytes:
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    out.append(value)
    return bytes(out)


def snappy(content: bytes) -> bytes:
    """Literals alone."""
    out = varint(len(content))
    for at in range(0, len(content), 60_000):
        part = content[at : at + 60_000]
        out += bytes((61 << 2,)) + struct.pack("<H", len(part) - 1) + part
    return out


def made() -> Iterator[dict]:
    chance = random.Random(7)
    yield from cpus(chance)
    yield from machines(chance)
    yield from requests(chance)
    yield from oddities(chance)


def one(
    name: str, labels: dict[str, str], values: list[float | str | None], jitter: int = 0
) -> dict:
    times, texts = [], []
    for number, value in enumerate(values):
        if value is not None:
            times.append(BEGIN_MS + number * STEP_MS + jitter)
            texts.append(value if isinstance(value, str) else repr(value))
    return {"labels": {"__name__": name, **labels}, "times": times, "values": texts}


def counter(chance: random.Random, mean: float, reset: int = -1) -> list[float]:
    values, total = [], round(chance.uniform(0, 50) * mean, 3)
    for number in range(COUNT):
        total = 0.0 if number == reset else round(total + chance.expovariate(1 / mean), 3)
        values.append(total)
    return values


def cpus(chance: random.Random) -> Iterator[dict]:
    for at, instance in enumerate(("a:9100", "b:9100")):
        for cpu in ("0", "1"):
            for mode, mean in (("idle", 25.0), ("system", 1.5), ("user", 3.5)):
                labels = {"cpu": cpu, "instance": instance, "job": "node", "mode": mode}
                reset = 70 if at else -1
                yield one(
                    "node_cpu_seconds_total", labels, counter(chance, mean, reset), at * 7_123
                )


def walk(chance: random.Random, start: float, size: float, digits: int = 2) -> list[float]:
    values, value = [], start
    for _ in range(COUNT):
        value = round(value + chance.gauss(0, size), digits)
        values.append(value)
    return values


def machines(chance: random.Random) -> Iterator[dict]:
    for at, instance in enumerate(("a:9100", "b:9100")):
        of = {"instance": instance, "job": "node"}
        jitter = at * 7_123
        yield one("node_boot_time_seconds", of, [1_699_000_000.0 + at] * COUNT, jitter)
        yield one("node_load1", of, walk(chance, 1.5, 0.2), jitter)
        yield one("node_memory_MemTotal_bytes", of, [16_777_216_000.0 * (at + 1)] * COUNT, jitter)
        available = [math.floor(each) + 0.0 for each in walk(chance, 8e9, 1e8, 0)]
        yield one("node_memory_MemAvailable_bytes", of, available, jitter)
        uname = {**of, "nodename": instance[0], "release": f"6.1.{at}", "sysname": "Linux"}
        yield one("node_uname_info", uname, [1.0] * COUNT, jitter)
        for device, mount in (("/dev/sda1", "/"), ("/dev/sdb1", "/srv/data")):
            disk = {**of, "device": device, "fstype": "ext4", "mountpoint": mount}
            yield one("node_filesystem_size_bytes", disk, [1e12] * COUNT, jitter)
            free = [6e11 - 1e8 * number * (at + 1) for number in range(COUNT)]
            yield one("node_filesystem_avail_bytes", disk, free, jitter)
        for device in ("eth0", "lo"):
            net = {**of, "device": device}
            received = [float(round(each)) for each in counter(chance, 9_000.0)]
            yield one("node_network_receive_bytes_total", net, received, jitter)
    up: list[float | str | None] = [1.0] * COUNT
    yield one("up", {"instance": "a:9100", "job": "node"}, up)
    down = [0.0 if 30 <= number < 40 or number > 100 else 1.0 for number in range(COUNT)]
    yield one("up", {"instance": "b:9100", "job": "node"}, [*down], 7_123)
    gone: list[float | str | None] = [1.0] * 60 + ["stale"] + [None] * 20 + [1.0] * 39
    yield one("up", {"instance": "c:9100", "job": "other"}, gone, 11_000)
    gap: list[float | str | None] = [float(n) if not 40 <= n < 70 else None for n in range(COUNT)]
    yield one("gap", {"kind": "counter"}, gap)
    sparse: list[float | str | None] = [float(n * n) if n % 13 == 0 else None for n in range(COUNT)]
    yield one("gap", {"kind": "sparse"}, sparse)


def requests(chance: random.Random) -> Iterator[dict]:
    bounds = ("0.005", "0.05", "0.1", "0.5", "1", "+Inf")
    for handler, mean in (("/api", 4.0), ("/login", 1.0)):
        totals, total_s = [0.0] * len(bounds), 0.0
        rows: list[list[float]] = [[] for _ in bounds]
        sums = []
        for _ in range(COUNT):
            for _ in range(round(chance.expovariate(1 / mean))):
                took = chance.expovariate(8)
                total_s = round(total_s + took, 6)
                for at, bound in enumerate(bounds):
                    totals[at] += took <= float(bound)
            for row, total in zip(rows, totals, strict=True):
                row.append(total)
            sums.append(total_s)
        of = {"handler": handler, "job": "web"}
        for bound, row in zip(bounds, rows, strict=True):
            yield one("http_request_duration_seconds_bucket", {**of, "le": bound}, row)
        yield one("http_request_duration_seconds_count", of, rows[-1])
        yield one("http_request_duration_seconds_sum", of, sums)


def oddities(chance: random.Random) -> Iterator[dict]:
    inf, nan = math.inf, math.nan
    cases: dict[str, list[float | str | None]] = {
        "nan": [nan] * COUNT,
        "some_nan": [nan if number % 3 == 0 else float(number) for number in range(COUNT)],
        "inf": [inf] * COUNT,
        "minus_inf": [-inf] * COUNT,
        "mixed_inf": [inf if number % 2 else float(number) for number in range(COUNT)],
        "huge": [1.5e300 * (number + 1) for number in range(COUNT)],
        "tiny": [3e-12 * (number + 1) for number in range(COUNT)],
        "negative": [-float(number) for number in range(COUNT)],
        "wave": [round(math.sin(number / 5) * 100, 6) for number in range(COUNT)],
        "steps": [float(number // 10) for number in range(COUNT)],
        "zero": [0.0] * COUNT,
        "cancel": [(1e16, 1.0, -1e16, 0.1)[number % 4] for number in range(COUNT)],
    }
    for case, values in cases.items():
        yield one("odd", {"case": case}, values)
    yield one("text", {"path": 'C:\\temp\\"x"', "unit": "°C <&>", "zone": "größe"}, [21.5] * COUNT)
    for place in ("attic", "cellar", "hall", "kitchen"):
        yield one("tie", {"place": place}, [2.0 if place != "hall" else 3.0] * COUNT)
    for version, code in (("1", "200"), ("1", "500"), ("2", "200"), ("2", "404")):
        values = [float(round(each)) for each in counter(chance, 20.0)]
        yield one("http_requests_total", {"code": code, "version": version}, values)


if __name__ == "__main__":
    main()
