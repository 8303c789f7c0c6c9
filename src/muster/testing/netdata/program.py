"""A simulated agent as a process: for tests in other namespaces, and to look at by hand.

    python -m muster.testing.netdata --url https://hub:7443 --trust ca/root.pem <token

The claim token comes on standard input. Each event is a line of JSON: how the claim ended, and
each time it comes online or goes. SIGTERM ends it with a farewell.
"""

import argparse
import asyncio
import os
import signal
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec

from muster.clock import SECOND_NS, Clock, SystemClock
from muster.log import Secret
from muster.net.proxy import parse_proxy
from muster.testing.netdata.agent import Agent
from muster.testing.netdata.claiming import Wish
from muster.testing.netdata.dial import Dialer, trust_context
from muster.testing.netdata.installation import install
from muster.testing.netdata.quirks import DIALECTS, Waits

Write = Callable[[dict[str, object]], None]


def main(words: Sequence[str], stdin: str) -> int:
    """Run to its end; the exit code is the claim script's."""
    options = _parser().parse_args(words)
    clock = SystemClock()
    return asyncio.run(live(make_agent(options, clock), wish_of(options, stdin), say))


def say(told: dict[str, object]) -> None:
    sys.stdout.write(msgspec.json.encode(told).decode() + "\n")
    sys.stdout.flush()


async def live(agent: Agent, wish: Wish, write: Write) -> int:
    """Claim, and stay online until a signal says to stop."""
    claimed = await agent.claim(wish)
    write(
        {
            "event": "claim",
            "claim_id": claimed.claim_id,
            "status": claimed.status,
            "exit_code": claimed.exit_code,
            "reason": claimed.reason,
        }
    )
    if not claimed.is_good:
        return claimed.exit_code
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, agent.stop)
    async with asyncio.TaskGroup() as jobs:
        life = jobs.create_task(agent.run())
        telling = jobs.create_task(_tell(agent, write))
        await life
        telling.cancel()
    return 0


async def _tell(agent: Agent, write: Write) -> None:
    while True:
        await agent.until(lambda: agent.is_ready, timeout_s=1e6)
        nodes = [host.node_id for host in agent.disk.machine.hosts]
        write({"event": "online", "nodes": nodes, "attempts": agent.attempts})
        await agent.until(lambda: not agent.is_online, timeout_s=1e6)
        write({"event": "offline", "why": agent.why, "banned": agent.is_banned})


def make_agent(options: argparse.Namespace, clock: Clock) -> Agent:
    disk = install(
        options.hostname,
        now_s=clock.now_ns() // SECOND_NS,
        children=[name for name in options.children.split(",") if name],
    )
    proxy = parse_proxy(options.proxy) if options.proxy else None
    trust = trust_context(options.trust.read_text())
    quirks = DIALECTS[options.dialect]
    return Agent(disk, Dialer(trust, proxy), clock=clock, quirks=quirks, waits=Waits())


def wish_of(options: argparse.Namespace, stdin: str) -> Wish:
    rooms = [name for name in options.rooms.split(",") if name]
    return Wish(url=options.url, token=Secret(stdin.strip()), rooms=rooms)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m muster.testing.netdata")
    parser.add_argument("--url", required=True)
    parser.add_argument("--trust", type=Path, required=True, help="PEM file of trusted roots")
    parser.add_argument("--rooms", default="", help="ids or names, with commas between them")
    parser.add_argument(
        "--proxy",
        default=os.environ.get("NETDATA_CLAIM_PROXY", ""),
        help="http://…, socks5://… or socks5h://…; one with a password in NETDATA_CLAIM_PROXY",
    )
    parser.add_argument("--hostname", default="simulated")
    parser.add_argument("--children", default="", help="host names, with commas between them")
    parser.add_argument("--dialect", choices=sorted(DIALECTS), default="2.10")
    return parser
