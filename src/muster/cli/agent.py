"""`muster agent`: join a hub, run, look, leave."""

import argparse
import os
import sys

from muster.cli import agentclaim, agenthubs, agentstatus, airgap, netdata
from muster.cli.agentsettings import settings_of
from muster.cli.arguments import (
    Commands,
    add_command,
    add_data,
    add_group,
    add_json,
)
from muster.cli.exits import Exit
from muster.cli.output import print_json, print_record, say
from muster.cli.places import agent_data


def add(commands: Commands) -> None:
    group = add_group(commands, "agent", "The agent of this machine", also=netdata.add_switches)
    agentclaim.add_to(group)
    run = add_command(
        group,
        "run",
        _run,
        "Collect, spool and send until stopped",
        examples=("muster agent run", "muster agent run --data /srv/agent --config agent.toml"),
    )
    add_data(run, "the agent")
    agentclaim.add_config(run)
    run.add_argument(
        "--netdata-api",
        metavar="PORT",
        help="serve Netdata's API on this port of 127.0.0.1 (setting netdata_api.port)",
    )
    where = add_command(
        group,
        "where",
        _where,
        "Show where this agent's state lies, and whether it outlives a container",
        details="Exit code 8 when it does not: then a new container is a new node.",
        examples=("muster agent where --data /var/lib/muster/agent",),
    )
    add_data(where, "the agent")
    add_json(where)
    status = add_command(
        group,
        "status",
        agentstatus.print_status,
        "Show what a running agent does",
        examples=(
            "muster agent status",
            "muster agent status --data /srv/agent --json",
        ),
    )
    add_data(status, "the agent")
    add_json(status)
    dump = add_command(
        group,
        "dump",
        _dump,
        "Collect once and print the points as line protocol",
        examples=("muster agent dump", "muster agent dump --only cpu,mem --json"),
    )
    dump.add_argument("--only", metavar="NAMES", help="only these collectors, comma-separated")
    add_json(dump)
    airgap.add_to(group)
    agenthubs.add_to(group)
    netdata.add_to(group)
    unclaim = add_command(
        group,
        "unclaim",
        _unclaim,
        "Forget identity and spool of this agent",
        examples=("muster agent unclaim", "muster agent unclaim --hub-name work"),
    )
    unclaim.add_argument("--hub-name", default="", metavar="NAME", help="one of several hubs")
    add_data(unclaim, "the agent")


def _where(options: argparse.Namespace) -> int:
    from muster.agent.joining.identity import is_claimed
    from muster.agent.machine.volatile import lies_on

    data = agent_data(options)
    kind = lies_on(data)
    found = {"data": str(data), "claimed": is_claimed(data), "volatile": kind}
    if options.json:
        print_json(found)
    else:
        print_record(found | {"volatile": kind and f"lost with the container or boot ({kind})"})
    return Exit.CHECK_FAILED if kind else Exit.OK


def _run(options: argparse.Namespace) -> int:
    """Become `python -m muster.agent`: the same process, without what only this one needs."""
    from muster.agent.machine.environment import lean

    # What is given here comes before all settings, which the other reads anyway.
    data = (options.data or settings_of(options).value.data).absolute()
    # -P: no module is taken from the folder this happens to run in, where others may write.
    command = [sys.executable, "-P", "-m", "muster.agent", "--data", str(data)]
    if options.config:
        command += ["--config", str(options.config)]
    if options.netdata_api:
        command += ["--netdata-api", options.netdata_api]
    sys.stdout.flush()
    os.execve(sys.executable, command, lean(os.environ))  # noqa: S606 - no shell is wanted


def _dump(options: argparse.Namespace) -> int:
    from muster.agent.collecting.once import collect_once, format_line
    from muster.clock import SystemClock
    from muster.collectors import COLLECTORS
    from muster.errors import InputError

    names = options.only.split(",") if options.only else [each.name for each in COLLECTORS]
    if unknown := sorted(set(names) - {each.name for each in COLLECTORS}):
        known = ", ".join(each.name for each in COLLECTORS)
        raise InputError(f"no collector {unknown[0]!r}; there are {known}")
    chosen = [each for each in COLLECTORS if each.name in names]
    points, failures = collect_once(chosen, SystemClock())
    for failure in failures:
        print(f"muster: {failure}", file=sys.stderr)
    if options.json:
        print_json([point._asdict() for point in points])
    else:
        for point in points:
            print(format_line(point))
    return Exit.CHECK_FAILED if failures else Exit.OK


def _unclaim(options: argparse.Namespace) -> int:
    from muster.agent.exits import failure_of
    from muster.agent.joining.claim import unclaim
    from muster.agent.memberships.hubs import MAIN
    from muster.agent.netdata.leave import leave_all
    from muster.errors import MusterError

    if options.hub_name not in ("", MAIN):
        try:
            agenthubs.leave(agent_data(options), options.hub_name)
        except MusterError as error:
            raise failure_of(error) from error
    else:
        leave_all(agent_data(options), os.environ, unclaim)
    say("unclaimed: identity and spool are gone; the hub still lists the node until you remove it")
    return Exit.OK
