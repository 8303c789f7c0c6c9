"""`muster agent`: join a hub, run, look, leave."""

import argparse
import asyncio
import os
import shlex
import sys
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from muster.cli import agenthubs, airgap
from muster.cli.agentsettings import settings_of
from muster.cli.arguments import (
    Commands,
    Parser,
    add_command,
    add_data,
    add_group,
    add_json,
    duration,
)
from muster.cli.exits import Exit
from muster.cli.output import format_time, print_json, print_record, print_table, say
from muster.cli.places import agent_data

if TYPE_CHECKING:
    from muster.agent.approval import Waits
    from muster.log import Secret


def add(commands: Commands) -> None:
    group = add_group(commands, "agent", "The agent of this machine")
    _add_claim(group)
    run = add_command(
        group,
        "run",
        _run,
        "Collect, spool and send until stopped",
        examples=("muster agent run", "muster agent run --data /srv/agent --config agent.toml"),
    )
    add_data(run, "the agent")
    _add_config(run)
    where = add_command(
        group,
        "where",
        _where,
        "Show where this agent's state lies, and whether it outlives a container",
        details="Exit code 8 when it does not: then a new container is a new node.",
    )
    add_data(where, "the agent")
    add_json(where)
    status = add_command(group, "status", _status, "Show what a running agent does")
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
    unclaim = add_command(
        group,
        "unclaim",
        _unclaim,
        "Forget identity and spool of this agent",
        examples=("muster agent unclaim", "muster agent unclaim --hub-name work"),
    )
    unclaim.add_argument("--hub-name", default="", metavar="NAME", help="one of several hubs")
    add_data(unclaim, "the agent")


def _add_claim(group: Commands) -> None:
    claim = add_command(
        group,
        "claim",
        _claim,
        "Make this machine a node of the hub that made the token",
        details="The token is read from a file, from standard input (-) or from"
        " MUSTER_CLAIM_TOKEN.\nExit codes: muster --exits",
        examples=(
            "muster agent claim --token-file token",
            "muster agent claim --token-file token --wait 1d    # until an admin has let it in",
            "muster agent claim --hub-name work --only cpu,mem --token-file token",
            "ssh hub muster token create | muster agent claim --token-file -",
        ),
    )
    # Its own name: `--token-file` before the command is an API token.
    claim.add_argument("--token-file", dest="claim_token_file", type=Path, metavar="FILE")
    claim.add_argument("--token", dest="claim_token", help=argparse.SUPPRESS)
    claim.add_argument(
        "--proxy",
        help="environment (default), none, http://… or socks5://… to reach the hub, now and later;"
        " one with a password goes in --config or MUSTER_LINK_PROXY",
    )
    claim.add_argument(
        "--no-proxy",
        dest="proxy",
        action="store_const",
        const="none",
        help="go directly, whatever environment and settings say; as --proxy none",
    )
    claim.add_argument("--url", metavar="URL", help="the hub, in place of the token's addresses")
    claim.add_argument(
        "--rooms",
        default="",
        metavar="NAMES",
        help="rooms to join, of the token's; comma-separated",
    )
    claim.add_argument("--id", default="", metavar="UUID", help="the node id to ask for")
    claim.add_argument(
        "--wait",
        type=duration,
        default=timedelta(hours=1),
        metavar="TIME",
        help="how long to wait when an admin has to decide (default 1h)",
    )
    claim.add_argument(
        "--no-wait", action="store_true", help="do not wait for an admin: exit code 33 at once"
    )
    claim.add_argument(
        "--force-new",
        action="store_true",
        help="although the node that this folder was is revoked or removed: join as a new one",
    )
    claim.add_argument(
        "--hub-name", default="", metavar="NAME", help="belong to this hub besides the others"
    )
    claim.add_argument(
        "--only",
        metavar="NAMES",
        help="what the hub may have: collectors or measurements, comma-separated",
    )
    add_data(claim, "the agent")
    _add_config(claim)
    add_json(claim)


def _add_config(parser: Parser) -> None:
    parser.add_argument("--config", type=Path, metavar="FILE", help="settings (TOML)")


def _claim(options: argparse.Namespace) -> int:
    from muster.agent.approval import Patience, Waits
    from muster.agent.claim import Wishes, claim
    from muster.agent.facts import gather_facts
    from muster.agent.proofs import gather
    from muster.clock import SystemClock
    from muster.errors import MusterError

    token = _token(options)
    settings = settings_of(options)
    proxy = settings.value.link.proxy
    if options.proxy and proxy.has_password:
        say(
            "warning: every user of this machine can read a password in an argument; use"
            " --config or MUSTER_LINK_PROXY"
        )
    folder = _folder_to_claim(options, token)
    try:
        claimed = asyncio.run(
            claim(
                folder,
                token,
                clock=SystemClock(),
                facts=partial(
                    gather_facts, data=agent_data(options), machine=settings.value.machine
                ),
                proxy=proxy,
                wishes=Wishes(id=options.id.lower(), rooms=_names(options.rooms)),
                evidence=partial(
                    gather, settings=settings.value.evidence, root=settings.value.machine
                ),
                force_new=options.force_new,
                patience=Patience(
                    wait_s=0.0 if options.no_wait else options.wait.total_seconds(),
                    tell=_tell_waiting,
                ),
            )
        )
    except MusterError as error:
        if isinstance(error.__cause__, Waits):
            if options.json:
                print_json({"state": "waiting", "request": error.__cause__.told.request})
            say("not decided yet: the same command again goes on waiting")
        raise
    _keep_proxy(options)
    node = claimed.node
    if options.json:
        print_json({"node": node.node, "name": node.name, "renamed_from": claimed.renamed_from})
        return Exit.OK
    if claimed.renamed_from:
        say(f"another node is called {claimed.renamed_from}; this one is {node.name}")
    say("Agent was successfully claimed.")
    say(f"this machine is node {node.name} ({node.node}). Now: {_run_line(options)}")
    return Exit.OK


def _tell_waiting(waits: "Waits") -> None:
    say(f"waiting: {waits}")
    if waits.told.request:
        say(f"to let it in, on the hub: muster approval approve {waits.told.request}")


def _run_line(options: argparse.Namespace) -> str:
    """The command that runs what was claimed, with the folder that was named."""
    words = ["muster", "agent", "run"]
    words += ["--data", str(options.data)] if options.data else []
    words += ["--config", str(options.config)] if options.config else []
    return shlex.join(words)


def _token(options: argparse.Namespace) -> "Secret":
    """The claim token, with the address that was given in place of its own."""
    from muster.agent.claim import read_token
    from muster.agent.claimaddress import readdressed
    from muster.agent.exits import failure_of
    from muster.errors import MusterError
    from muster.log import Secret

    try:
        if options.claim_token:
            say(
                "warning: every user of this machine can read a token in an argument; use"
                " --token-file"
            )
            token = Secret(options.claim_token)
        else:
            token = read_token(options.claim_token_file)
        return readdressed(token, options.url) if options.url else token
    except MusterError as error:
        raise failure_of(error) from error


def _keep_proxy(options: argparse.Namespace) -> None:
    """The link takes the way of the claim: what the agent reads says so from now on."""
    from muster.agent.hubs import MAIN, hub_folder
    from muster.agent.ownsettings import FILE, keep_proxy
    from muster.errors import MusterError

    if options.proxy is None:
        return
    file = options.config or agent_data(options) / FILE
    if options.hub_name not in ("", MAIN):  # the way to one hub is not that to the others
        file = hub_folder(agent_data(options), options.hub_name) / FILE
    try:
        if keep_proxy(file, options.proxy):
            say(f"the proxy is kept in {file}, for claim and link")
    except MusterError as error:  # the machine is claimed all the same
        say(f"warning: the proxy is not kept for the link: {error}")


def _folder_to_claim(options: argparse.Namespace, token: "Secret") -> Path:
    """Where the hub's part lies; what it may have is written before it can have anything."""
    from muster.agent.hubs import hub_folder, require_place, write_allowed

    data = agent_data(options)
    require_place(data, options.hub_name)
    folder = hub_folder(data, options.hub_name)
    agenthubs.require_another(data, folder, token)
    if options.only is not None:
        write_allowed(folder, agenthubs.parse_only(options.only))
    return folder


def _names(text: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.split(",") if name.strip())


def _where(options: argparse.Namespace) -> int:
    from muster.agent.identity import is_claimed
    from muster.agent.volatile import lies_on

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
    data = settings_of(options).value.data.absolute()
    # -P: no module is taken from the folder this happens to run in, where others may write.
    command = [sys.executable, "-P", "-m", "muster.agent", "--data", str(data)]
    if options.config:
        command += ["--config", str(options.config)]
    sys.stdout.flush()
    os.execv(sys.executable, command)  # noqa: S606 - no shell is wanted


def _status(options: argparse.Namespace) -> int:
    from muster.agent.status import PATH, SOCKET
    from muster.errors import Unavailable
    from muster.net.client import Target, request

    socket = agent_data(options) / SOCKET
    if not socket.exists():
        raise Unavailable(f"no agent runs on {str(socket.parent)!r}; start it: muster agent run")
    status = asyncio.run(request(Target(socket=socket), "GET", PATH, timeout_s=10)).json()
    if options.json:
        print_json(status)
    else:
        _print_status(status)
    return Exit.OK


def _print_status(status: dict[str, Any]) -> None:
    from muster.agent.advice import ADVICE, AWAY

    link, spool, process = status["link"], status["spool"], status["process"]
    node = status["node"] or {}
    print_record(
        {
            "node": f"{node.get('name')} ({node.get('node')})",
            "link": f"{link['state']} since {format_time(link['since_ns'])}"
            + (f", tries again after {link['retry_s']:g} s" if link["retry_s"] else ""),
            "hub": link["hub"] + (f" by way of {link['proxy']}" if link["proxy"] else ""),
            "failed": link["cause"],
            "what now": (ADVICE | AWAY).get(link.get("code")),
            "acknowledged": f"{link['ack_ms']:.1f} ms after sending",
            "clock": f"{link['clock_skew_s']:+.3f} s against the hub",
            "certificate": f"until {format_time(node.get('not_after_ns', 0))}, renewed at"
            f" {format_time(link['renewal_due_ns'])}",
            "renewal": link["renewal_error"],
            "unsent": f"{spool['values']} values in {spool['batches']} batches",
            "lost": f"{spool['lost_values']} values",
            "not kept": f"{spool['refused_values']} values: {spool['refusal']}"
            if spool["refused_values"]
            else "",
            "disk": spool["fault"] or f"{spool['bytes']} of at most {spool['max_bytes']} bytes",
            "process": f"{process['rss_bytes'] / 2**20:.1f} MiB, {process['cpu_percent']} % of"
            " a core",
            "version": status["version"] + ("" if status["compiled"] else ", pure Python"),
        }
    )
    if len(hubs := status.get("hubs", [])) > 1:
        agenthubs.print_hubs(hubs)
    rows = [
        (
            each["name"],
            _collector_state(each),
            each["values"],
            each["runs"],
            each["failures"],
            each["last_error"],
        )
        for each in status["collectors"]
    ]
    print()
    columns = ("COLLECTOR", "STATE", "VALUES", "RUNS", "FAILED", "LAST ERROR")
    print_table(columns, rows, "No collectors.")


def _collector_state(collector: dict[str, Any]) -> str:
    if not collector["enabled"]:
        return "disabled"
    if collector["failing"]:
        return "failing"
    return "nothing here" if not collector["values"] else f"every {collector['interval_s']} s"


def _dump(options: argparse.Namespace) -> int:
    from muster.agent.once import collect_once, format_line
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
    from muster.agent.claim import unclaim
    from muster.agent.exits import failure_of
    from muster.agent.hubs import MAIN
    from muster.errors import MusterError

    if options.hub_name not in ("", MAIN):
        try:
            agenthubs.leave(agent_data(options), options.hub_name)
        except MusterError as error:
            raise failure_of(error) from error
    else:
        unclaim(agent_data(options))
    say("unclaimed: identity and spool are gone; the hub still lists the node until you remove it")
    return Exit.OK
