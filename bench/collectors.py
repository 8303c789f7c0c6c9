"""What collecting costs: CPU per tick, values per tick, memory.

    python bench/collectors.py                 this machine, at 1 Hz, 30 s
    python bench/collectors.py --fast          the same as fast as it goes, with a profile by part
    python bench/collectors.py --cores 64      a made machine of 64 cores, 16 disks, 24 interfaces

The made machine is a folder of plain files: its parsing is real, its reading costs less than
a kernel's /proc does.
"""

import argparse
import asyncio
import resource
import tempfile
import time
from datetime import timedelta
from pathlib import Path

from muster.agent.collecting.scheduler import Scheduler
from muster.clock import SECOND_NS, SystemClock
from muster.collectors import COLLECTORS
from muster.log import set_up


def resident_kib() -> int:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1])
    return 0


def cpu_s() -> float:
    own = resource.getrusage(resource.RUSAGE_SELF)
    commands = resource.getrusage(resource.RUSAGE_CHILDREN)
    return own.ru_utime + own.ru_stime + commands.ru_utime + commands.ru_stime


def make_machine(root: Path, cores: int, disks: int, interfaces: int) -> None:
    """Copy this machine's texts, with more of everything."""
    names = "loadavg uptime meminfo vmstat net/snmp net/snmp6 net/netstat net/sockstat net/tcp"
    names += (
        " pressure/cpu pressure/memory pressure/io sys/kernel/random/entropy_avail self/mountinfo"
    )
    for name in names.split():
        target = root / "proc" / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if (source := Path("/proc") / name).exists():
            target.write_bytes(source.read_bytes())
    stat = Path("/proc/stat").read_text().splitlines()
    cpu = "1234567 890 234567 987654321 2345 0 4567 12 0 0"
    lines = [f"cpu  {cpu}", *(f"cpu{n} {cpu}" for n in range(cores))]
    lines += [line for line in stat if not line.startswith("cpu")]
    (root / "proc/stat").write_text("\n".join(lines) + "\n")
    disk = (
        "54435 9415 3786738 8966 24592 22898 4525024 8893 0 5908 18424 8370 21 704936 472 3157 91"
    )
    (root / "proc/diskstats").write_text(
        "".join(f" 259 {n} nvme{n}n1 {disk}\n" for n in range(disks))
    )
    head = "\n".join(Path("/proc/net/dev").read_text().splitlines()[:2])
    device = "624283673 28366 0 0 0 0 0 0 1013344 12797 0 0 0 0 0 0"
    (root / "proc/net/dev").write_text(
        head + "\n" + "".join(f"  veth{n}: {device}\n" for n in range(interfaces))
    )
    for n in range(interfaces):
        folder = root / f"sys/class/net/veth{n}"
        folder.mkdir(parents=True)
        (folder / "flags").write_text("0x1003\n")
        (folder / "speed").write_text("10000\n")


def vary(root: Path, tick: int) -> None:
    """Let the made processors work, so that their percentages are computed."""
    path = root / "proc/stat"
    lines = path.read_text().splitlines()
    cpu = f"{1234567 + tick} 890 {234567 + tick} {987654321 + tick * 98} 2345 0 4567 12 0 0"
    lines = [f"{line.split()[0]} {cpu}" if line.startswith("cpu") else line for line in lines]
    path.write_text("\n".join(lines) + "\n")


def run_fast(scheduler: Scheduler, root: Path, ticks: int) -> None:
    start_ns = SystemClock().now_ns() // SECOND_NS * SECOND_NS
    values = 0
    used = 0.0
    before = 0
    for tick in range(-3, ticks):
        if root != Path("/"):
            vary(root, tick + 10)
        began = cpu_s()
        blocks = scheduler.tick(start_ns + tick * SECOND_NS)
        if tick >= 0:
            used += cpu_s() - began
            values += sum(sum(b.present) if b.present else len(b.values) for b in blocks)
        else:
            time.sleep(0.02)
            before = resident_kib()
    print(
        f"{ticks} ticks: {used / ticks * 1000:.2f} ms CPU a tick, {values / ticks:.0f} values,"
        f" RSS {resident_kib() / 1024:.1f} MB (grew {resident_kib() - before} KiB)"
    )
    for entry in scheduler.status():
        if entry.runs:
            print(f"  {entry.name:16} {entry.values:5} values  {entry.duration_ms:8.3f} ms")


async def run_slow(scheduler: Scheduler, seconds: int) -> None:
    values = ticks = 0

    def emit(blocks) -> None:
        nonlocal values, ticks
        ticks += 1
        for block in blocks:
            values += sum(block.present) if block.present else len(block.values)

    began, wall, before = cpu_s(), time.monotonic(), resident_kib()
    try:
        async with asyncio.timeout(seconds):
            await scheduler.run(emit)
    except TimeoutError:
        pass
    used, passed = cpu_s() - began, time.monotonic() - wall
    print(
        f"{passed:.0f} s: {used / passed * 100:.3f} % of a core, {used / ticks * 1000:.2f} ms a"
        f" tick, {values / ticks:.0f} values a tick, RSS {resident_kib() / 1024:.1f} MB"
        f" (grew {resident_kib() - before} KiB), {scheduler.missed_ticks} ticks missed"
    )


def main() -> None:
    set_up("warning")
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=int, default=30)
    parser.add_argument("--fast", action="store_true")
    parser.add_argument("--ticks", type=int, default=600)
    parser.add_argument("--cores", type=int, default=0)
    parser.add_argument("--nstat-s", type=int, default=10)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir="/dev/shm") as folder:
        root = Path("/")
        if options.cores:
            root = Path(folder)
            make_machine(root, options.cores, 16, 24)
        scheduler = Scheduler(
            COLLECTORS,
            SystemClock(),
            root=root,
            intervals={"nstat": timedelta(seconds=options.nstat_s)},
        )
        if options.fast:
            run_fast(scheduler, root, options.ticks)
        else:
            asyncio.run(run_slow(scheduler, options.seconds))


if __name__ == "__main__":
    main()
