"""A fleet of simulated agents on one hub: claims, memory and CPU per link, restarts.

    .venv/bin/python bench/fleet.py [--agents 1000] [--seconds 60] [--columns 300] [--every 1]

The storm of ten thousand (`docs/performance.md`), whose folders `--keep` uses again:

    .venv/bin/python bench/fleet.py --agents 10000 --columns 10 --every 10 --processes 4 --keep

Every agent claims for real and keeps its own link with its own certificate, in processes
beside the hub (bench/fleetload.py). All send one frame each `--every` seconds, of a row a
second, or nothing (`--silent`). A browser (bench/pages.py) asks for the first nodes once a second
meanwhile, for all of them every ten seconds, and has a live page open. Then the hub is ended by
SIGTERM and started again, and once more by SIGKILL; all agents come back by the product's own
backoff. Everything shares this machine.
Prints JSON.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import ingest
import load
import peers

HERE = Path(__file__).parent
PATIENCE_S = 300.0


class Worker:
    """A program of bench/ that is told things by lines and answers by lines."""

    def __init__(self, *command: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, *command],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            bufsize=1,
        )

    def tell(self, told: dict) -> None:
        assert self.process.stdin
        self.process.stdin.write(json.dumps(told) + "\n")
        self.process.stdin.flush()

    def answer(self) -> dict:
        assert self.process.stdout
        return json.loads(self.process.stdout.readline())

    def end(self) -> None:
        assert self.process.stdin
        self.process.stdin.close()
        self.process.wait(30)


class Fleet:
    """All load processes."""

    def __init__(self, processes: int) -> None:
        self.workers = [Worker(str(HERE / "fleetload.py")) for _ in range(processes)]

    def do(self, what: str, **told: object) -> list[dict]:
        for worker in self.workers:
            worker.tell({"do": what, **told})
        return [worker.answer() for worker in self.workers]

    def claim(self, hub: ingest.Hub, root: Path, count: int) -> float:
        began = time.perf_counter()
        share = -(-count // len(self.workers))
        for place, worker in enumerate(self.workers):
            mine = min(share, count - place * share)
            words = ("token", "create", "--uses", str(mine), "--ttl", "1h")
            told = {"root": str(root), "first": place * share, "count": mine}
            worker.tell({"do": "claim", "token": hub.muster(*words).strip(), **told})
        for worker in self.workers:
            worker.answer()
        return time.perf_counter() - began

    def states(self) -> dict:
        """What the processes say, taken together."""
        told = self.do("state")
        summed = ("open", "attempts", "lost", "acked", "behind", "cpu_s")
        return {
            **{key: sum(each[key] for each in told) for key in summed},
            "last_opened": max(each["last_opened"] for each in told),
            "why": [each["why"] for each in told if each["why"]][:2],
        }

    def acks(self) -> list[float]:
        """Milliseconds to each acknowledgement since this was asked last."""
        return [each for part in self.do("acks") for each in part["acks_ms"]]

    def until_open(self, count: int) -> dict:
        """Wait until all links are open; the state then."""
        deadline = time.monotonic() + PATIENCE_S
        while (state := self.states())["open"] < count and time.monotonic() < deadline:
            time.sleep(0.25)
        return state

    def end(self) -> None:
        for worker in self.workers:
            worker.end()


def say(text: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {text}", file=sys.stderr, flush=True)


def now_s() -> float:
    return time.time_ns() / 1e9


def whole(hub: ingest.Hub) -> dict:
    """Memory and CPU of the hub's process and of those it started."""
    pids = family(hub.process.pid)
    total = {"rss_mib": 0.0, "rss_peak_mib": 0.0, "own_mib": 0.0, "cpu_s": 0.0}
    for pid in pids:
        used = peers.usage(pid)
        total = {key: round(total[key] + used[key], 1) for key in total}
    return total | {"processes": len(pids)}


def family(pid: int) -> list[int]:
    threads = Path(f"/proc/{pid}/task").iterdir()
    children = [child for each in threads for child in (each / "children").read_text().split()]
    return [pid] + [each for child in children for each in family(int(child))]


def storm(fleet: Fleet, hub: ingest.Hub, browser: Worker, options, how: str) -> tuple:
    """End the hub, start it again, wait for everybody; (new hub, figures)."""
    browser.tell({})
    browser.answer()
    before = fleet.states()
    began = now_s()
    if how == "kill":
        hub.process.kill()
        hub.process.wait(30)
    else:
        hub.process.terminate()
        hub.process.wait(120)
    stopped = now_s()
    again = ingest.Hub(options.work, options.port_base, keep=True)
    ready = now_s()
    state = fleet.until_open(options.agents)
    back = state["last_opened"]
    used = whole(again)
    browser.tell({})
    seen = browser.answer()
    say(f"{how}: {state['open']} open, the last {back - ready:.1f} s after the hub was ready")
    time.sleep(options.settle)
    later = fleet.states()
    browser.tell({})
    return again, {
        "stop_s": round(stopped - began, 2),
        "ready_s": round(ready - stopped, 2),
        "last_back_after_ready_s": round(back - ready, 2),
        "last_back_after_stop_s": round(back - stopped, 2),
        "open": state["open"],
        "attempts_per_agent": round((state["attempts"] - before["attempts"]) / options.agents, 2),
        "links_lost_meanwhile": later["lost"] - before["lost"] - options.agents,
        "hub": used,
        "hub_later": whole(again),
        "frames_behind_later": later["behind"],
        "fleet_cpu_s": round(state["cpu_s"] - before["cpu_s"], 1),
        "why": later["why"],
        "browser": seen,
        "browser_later": browser.answer(),
    }


def run(options: argparse.Namespace, hub: ingest.Hub, fleet: Fleet) -> tuple[ingest.Hub, dict]:
    claimed_s = fleet.claim(hub, options.work / "fleet", options.agents)
    say(f"claimed {options.agents} in {claimed_s:.1f} s")
    fleet.do("prepare")
    before, began = whole(hub), now_s()
    browser = Worker(str(HERE / "pages.py"), hub.ready["web"], str(hub.data))
    result: dict[str, object] = {"agents": options.agents}
    for worker in fleet.workers:
        worker.tell({"do": "open"})
    opened = max(worker.answer()["last_opened"] for worker in fleet.workers)
    say(f"opened in {opened - began:.1f} s")
    idle = whole(hub)
    time.sleep(options.settle)
    quiet, grown_mib = whole(hub), idle["rss_mib"] - before["rss_mib"]
    browser.tell({})
    result |= {
        "claims_s": round(options.agents / claimed_s, 1),
        "links_opened_s": round(options.agents / (opened - began), 1),
        "kib_per_idle_link": round(grown_mib * 1024 / options.agents, 1),
        "hub_idle": quiet,
        "idle_cpu_percent": round(100 * (quiet["cpu_s"] - idle["cpu_s"]) / options.settle, 1),
        "browser_idle": browser.answer(),
    }
    for how in ("term", "kill"):
        if not options.silent:
            result[f"before_{how}"] = sending(options, hub, fleet, browser, is_begin=how == "term")
        hub, stormed = storm(fleet, hub, browser, options, how)
        say(f"{how}: {json.dumps(stormed)}")
        result[f"storm_{how}"] = stormed
    browser.process.kill()
    return hub, result


def sending(
    options: argparse.Namespace, hub: ingest.Hub, fleet: Fleet, browser: Worker, *, is_begin: bool
) -> dict:
    """Let all send for a while, from the beginning or on; figures."""
    if is_begin:
        count = (10 * options.seconds + 600) // options.every
        told = fleet.do("send", columns=options.columns, every_s=options.every, count=count)
        say(f"sending frames of {told[0]['frame_bytes']} bytes")
        time.sleep(options.every + 3)
    browser.tell({})
    browser.answer()
    first = fleet.acks()
    before, began = whole(hub), now_s()
    time.sleep(options.seconds)
    busy, wall = whole(hub), now_s() - began
    acks = fleet.acks()
    browser.tell({})
    figures = {
        "values_s": options.agents * options.columns,
        "frames_s": round(len(acks) / wall),
        "hub_cpu_percent": round(100 * (busy["cpu_s"] - before["cpu_s"]) / wall, 1),
        "hub": busy,
        "ack_p50_ms": load.percentile(acks, 0.5),
        "ack_p99_ms": load.percentile(acks, 0.99),
        "ack_max_ms": max(acks),
        "first_acks": len(first),  # of a round of frames that came before; none: 0
        "first_ack_p99_ms": load.percentile(first, 0.99) if first else 0,
        "first_ack_max_ms": max(first, default=0),
        "frames_behind": fleet.states()["behind"],
        "browser": browser.answer(),
    }
    say(f"sent: {json.dumps(figures)}")
    return figures


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--agents", type=int, default=1000)
    parser.add_argument("--seconds", type=int, default=60, help="of sending, before each storm")
    parser.add_argument("--settle", type=int, default=20, help="seconds of looking at what is open")
    parser.add_argument("--columns", type=int, default=300)
    parser.add_argument("--every", type=int, default=1, help="seconds between two frames of one")
    parser.add_argument("--silent", action="store_true", help="agents that send nothing")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--keep", action="store_true", help="use hub and folders of the last run")
    parser.add_argument("--port-base", type=int, default=18600)
    parser.add_argument("--work", type=Path, default=Path(tempfile.gettempdir()) / "muster-bench")
    options = parser.parse_args()
    options.work.mkdir(parents=True, exist_ok=True)
    os.environ["MUSTER_TOKENS_USES_MAX"] = "100000"
    os.environ["MUSTER_ENROL_NODES_MAX"] = "100000"
    kept = options.keep and (options.work / "hub").exists()
    if kept:  # its nodes, not their values: series of the last run would count as this one's
        for each in ("journal", "series"):
            shutil.rmtree(options.work / "hub" / each, ignore_errors=True)
        for each in (options.work / "hub").glob("catalogue.sqlite*"):
            each.unlink()
    else:
        shutil.rmtree(options.work / "fleet", ignore_errors=True)
    fleet = Fleet(options.processes)
    hub = ingest.Hub(options.work, options.port_base, keep=kept)
    try:
        hub, result = run(options, hub, fleet)
        print(json.dumps(result, indent=1))
    finally:
        fleet.end()
        if hub.process.poll() is None:
            hub.process.kill()


if __name__ == "__main__":
    main()
