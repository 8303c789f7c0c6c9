"""`muster agent claim`: this machine becomes a node."""

import argparse
import os
import shlex
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from muster.cli import agenthubs
from muster.cli.agentsettings import settings_of
from muster.cli.arguments import Commands, Parser, add_command, add_data, add_json, duration
from muster.cli.exits import Exit
from muster.cli.output import print_json, say
from muster.cli.places import agent_data
from muster.cli.proxyoption import add_proxy, proxy_of
from muster.errors import InputError

if TYPE_CHECKING:
    from muster.agent.joining.approval import Waits
    from muster.log import Secret


def add_to(group: Commands) -> None:
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
            "muster agent claim --token-file token --proxy-file proxy    # has a password",
        ),
    )
    # Its own name: `--token-file` before the command is an API token.
    claim.add_argument(
        "--token-file",
        dest="claim_token_file",
        type=Path,
        metavar="FILE",
        help="the claim token; - for standard input",
    )
    claim.add_argument("--token", dest="claim_token", help=argparse.SUPPRESS)
    add_proxy(
        claim,
        "environment (default), none, http://… or socks5://… to reach the hub, now and later",
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
    add_config(claim)
    add_json(claim)


def add_config(parser: Parser) -> None:
    """`--config`, for what `claim` and `run` share."""
    parser.add_argument("--config", type=Path, metavar="FILE", help="settings (TOML)")


def _claim(options: argparse.Namespace) -> int:
    import asyncio

    from muster.agent.joining.approval import Patience, Waits
    from muster.agent.joining.claim import Wishes, claim
    from muster.agent.machine.facts import gather_facts
    from muster.agent.proofs import gather
    from muster.clock import SystemClock
    from muster.errors import MusterError

    options.proxy = _proxy(options)
    token = _token(options)
    settings = settings_of(options)
    proxy = settings.value.link.proxy
    folder = _folder_to_claim(options, token)
    try:
        claimed = asyncio.run(
            claim(
                folder,
                token,
                clock=SystemClock(),
                facts=partial(
                    gather_facts,
                    data=agent_data(options),
                    machine=settings.value.machine,
                    hostname=settings.value.hostname,
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
    say(f"this machine is node {node.name} ({node.node})" + _what_now(options))
    return Exit.OK


def _tell_waiting(waits: "Waits") -> None:
    say(f"waiting: {waits}")
    if waits.told.request:
        say(f"to let it in, on the hub: muster approval approve {waits.told.request}")


def _is_the_hubs() -> bool:
    """Whether the hub claims for its own machine: it runs the agent itself."""
    from muster.model.probe import BESIDE_HUB

    return BESIDE_HUB in os.environ


def _what_now(options: argparse.Namespace) -> str:
    return "" if _is_the_hubs() else f". Now: {_run_line(options)}"


def _run_line(options: argparse.Namespace) -> str:
    """The command that runs what was claimed, with the folder that was named."""
    words = ["muster", "agent", "run"]
    words += ["--data", str(options.data)] if options.data else []
    words += ["--config", str(options.config)] if options.config else []
    return shlex.join(words)


def _token(options: argparse.Namespace) -> "Secret":
    """The claim token, with the address that was given in place of its own."""
    from muster.agent.exits import failure_of
    from muster.agent.joining.claim import read_token
    from muster.agent.joining.claimaddress import readdressed
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


def _proxy(options: argparse.Namespace) -> str | None:
    """The proxy that is asked for; `env` is what other programs call the environment's."""
    if str(options.proxy_file) == str(options.claim_token_file) == "-":
        raise InputError("standard input holds one thing: the token or the proxy, not both")
    given = proxy_of(options, os.environ)
    return "environment" if given == "env" else given


def _keep_proxy(options: argparse.Namespace) -> None:
    """The link takes the way of the claim: what the agent reads says so from now on."""
    from muster.agent.memberships.hubs import MAIN, hub_folder
    from muster.agent.memberships.ownsettings import FILE, keep_proxy
    from muster.errors import MusterError

    if options.proxy is None:
        return
    file = options.config or agent_data(options) / FILE
    if options.hub_name not in ("", MAIN):  # the way to one hub is not that to the others
        file = hub_folder(agent_data(options), options.hub_name) / FILE
    try:
        if keep_proxy(file, options.proxy) and not _is_the_hubs():
            say(f"the proxy is kept in {file}, for claim and link")
    except MusterError as error:  # the machine is claimed all the same
        say(f"warning: the proxy is not kept for the link: {error}")


def _folder_to_claim(options: argparse.Namespace, token: "Secret") -> Path:
    """Where the hub's part lies; what it may have is written before it can have anything."""
    from muster.agent.memberships.hubs import hub_folder, require_place, write_allowed

    data = agent_data(options)
    require_place(data, options.hub_name)
    folder = hub_folder(data, options.hub_name)
    agenthubs.require_another(data, folder, token)
    if options.only is not None:
        write_allowed(folder, agenthubs.parse_only(options.only))
    return folder


def _names(text: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.split(",") if name.strip())
