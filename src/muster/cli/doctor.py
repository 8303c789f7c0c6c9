"""`muster doctor`: what is wrong, step by step, and what to do."""

import argparse
import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from muster.cli.arguments import Commands, add_command, add_data, add_json
from muster.cli.exits import Exit
from muster.cli.output import plain, print_json
from muster.cli.places import agent_data, hub_data

if TYPE_CHECKING:
    from muster.hub.settings import Settings
    from muster.model.finding import Finding

_MARK = {True: "ok  ", False: "FAIL", None: "note"}


def add(commands: Commands) -> None:
    parser = add_command(
        commands,
        "doctor",
        _doctor,
        "Find what is wrong and say what to do",
        details="On a hub's folder it looks at the hub and its own agent, on an agent's folder at"
        " the agent.\nThe agent's walk stops at its first fault. With --machine it looks at the"
        " machine, claimed\nor not: what an agent needs, by the names of this distribution's"
        " packages, and\nwhether containers can run (kernel seccomp, libseccomp, Docker).",
        examples=(
            "muster doctor",
            "muster doctor --data /var/lib/muster/agent --json",
            "muster doctor --machine",
        ),
    )
    add_data(parser, "hub or agent")
    parser.add_argument("--config", type=Path, metavar="FILE", help="settings of the agent (TOML)")
    parser.add_argument(
        "--machine", action="store_true", help="what this machine lacks for an agent or containers"
    )
    add_json(parser)


def _doctor(options: argparse.Namespace) -> int:
    findings = asyncio.run(_walk(options))
    if options.json:
        print_json(findings)
    faults = [finding for finding in findings if finding.ok is False]
    return Exit.CHECK_FAILED if faults else Exit.OK


async def _walk(options: argparse.Namespace) -> "list[Finding]":
    findings = []
    async for part, finding in _steps(options):
        findings.append(finding)
        if not options.json:
            _print(part, finding)
    return findings


async def _steps(options: argparse.Namespace) -> "AsyncIterator[tuple[str, Finding]]":
    if options.machine:
        for finding in _machine():
            yield "host", finding
        return
    async for each in _folder(options):
        yield each


def _machine() -> "Iterator[Finding]":
    from muster.agent.diagnosis.seccomp import examine
    from muster.agent.needs import NEEDS, family, lacking
    from muster.model.finding import Finding

    lacks = {lack.name: lack for lack in lacking(family=family())}
    for need in NEEDS:
        lack = lacks.get(need.name)
        if lack is None:
            yield Finding(step=need.name, ok=True, text=f"is here, {need.purpose}")
        else:
            ok = False if lack.required else None
            yield Finding(step=need.name, ok=ok, text=lack.text, remedy=lack.remedy)
    yield from examine()


async def _folder(options: argparse.Namespace) -> "AsyncIterator[tuple[str, Finding]]":
    import msgspec

    from muster.agent.diagnosis.doctor import examine
    from muster.cli.agentsettings import settings_of
    from muster.clock import SystemClock
    from muster.net.proxy import ProxySetting

    data, clock = hub_data(options), SystemClock()
    link = settings_of(options).value.link
    if (data / "ca").is_dir():
        from muster.hub.diagnosis.doctor import examine as examine_hub

        async for finding in examine_hub(data, clock, settings=lambda: _hub_settings(data)):
            yield "hub", finding
        agent = data / "agent"
        if not agent.is_dir():
            return
        link = msgspec.structs.replace(link, proxy=ProxySetting("none"))  # as hub/up.py starts it
    else:
        agent = agent_data(options)
    async for finding in examine(agent, clock, link=link):
        yield "agent", finding


def _hub_settings(data: Path) -> "Settings":
    """Those in the hub's folder: `--config` is the agent's here."""
    from muster.cli.hub import settings_of

    return settings_of(argparse.Namespace(data=data, config=None)).value


def _print(part: str, finding: "Finding") -> None:
    print(f"{_MARK[finding.ok]}  {part:5}  {finding.step:12}  {plain(finding.text)}")
    if finding.remedy:
        print(f"{'':27}-> {plain(finding.remedy)}")
