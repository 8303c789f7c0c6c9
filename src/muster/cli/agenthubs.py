"""`muster agent hubs` and `allow`: an agent that belongs to several hubs."""

import argparse
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from muster.cli.arguments import Commands, add_command, add_data, add_json
from muster.cli.exits import Exit
from muster.cli.output import format_time, print_json, print_table, say
from muster.cli.places import agent_data

if TYPE_CHECKING:
    from muster.log import Secret

_LEAVE_S = 20.0


def add_to(group: Commands) -> None:
    """The two commands, in the group of `muster agent`."""
    hubs = add_command(
        group, "hubs", _hubs, "List the hubs this agent belongs to", examples=("muster agent hubs",)
    )
    add_data(hubs, "the agent")
    add_json(hubs)
    allow = add_command(
        group,
        "allow",
        _allow,
        "Say which sections a hub may have",
        details="A running agent follows within seconds. When a hub may have less than before,"
        " what\nstill waits for it is dropped. To say it before a hub is joined: --only of"
        " muster agent claim.",
        examples=(
            "muster agent allow work --only cpu,mem",
            "muster agent allow work --all",
            "muster agent allow main --only cpu         # the first hub",
        ),
    )
    allow.add_argument("name", help="of the hub, as in muster agent hubs")
    choice = allow.add_mutually_exclusive_group(required=True)
    choice.add_argument(
        "--only", metavar="NAMES", help="collectors or measurements, comma-separated"
    )
    choice.add_argument("--all", action="store_true", help="everything")
    add_data(allow, "the agent")
    add_json(allow)


def _hubs(options: argparse.Namespace) -> int:
    found = _known(agent_data(options))
    if options.json:
        print_json(found)
        return Exit.OK
    rows = [
        (
            each["name"],
            each["node"],
            each["hub"],
            each["state"],
            "all" if each["only"] is None else each["only"] or "nothing",
            each["unsent"],
            format_time(each["not_after_ns"]),
            each["cause"],
        )
        for each in found
    ]
    columns = ("NAME", "NODE", "HUB", "LINK", "ALLOWED", "UNSENT", "CERTIFICATE UNTIL", "FAILED")
    print_table(columns, rows, "This agent belongs to no hub: muster agent claim")
    return Exit.OK


def print_hubs(hubs: list[dict[str, Any]]) -> None:
    """All hubs of a running agent, for `muster agent status`."""
    rows = [
        (
            each["name"],
            each["node"]["name"] if each["node"] else "",
            each["link"]["state"],
            "all" if each["only"] is None else each["only"] or "nothing",
            each["spool"]["values"],
            each["spool"]["lost_values"],
            format_time(each["node"]["not_after_ns"]) if each["node"] else "",
            each["link"]["cause"],
        )
        for each in hubs
    ]
    columns = ("HUB", "NODE", "LINK", "ALLOWED", "UNSENT", "LOST", "CERTIFICATE UNTIL", "FAILED")
    print()
    print_table(columns, rows, "No hubs.")


def _known(data: Path) -> list[dict[str, Any]]:
    """What lies on the disk, and what a running agent says of it."""
    from muster.agent.joining.identity import load_identity
    from muster.agent.memberships.hubs import hub_folder, hub_names, read_allowed
    from muster.errors import MusterError

    running = {each["name"]: each for each in _running(data)}
    found = []
    for name in hub_names(data):
        folder = hub_folder(data, name)
        only = read_allowed(folder)
        said = running.get(name)
        entry: dict[str, Any] = {
            "name": name,
            "node": "",
            "hub": "",
            "not_after_ns": 0,
            "only": None if only is None else sorted(only),
            "state": said["link"]["state"] if said else "not running",
            "cause": said["link"]["cause"] if said else "",
            "unsent": said["spool"]["values"] if said else None,
        }
        try:
            node = load_identity(folder).node
            entry |= {"node": node.node, "hub": node.agents, "not_after_ns": node.not_after_ns}
        except MusterError as error:
            entry["cause"] = str(error)
        found.append(entry)
    return found


def _running(data: Path) -> list[dict[str, Any]]:
    """Of the agent that runs; empty when none does."""
    import asyncio

    from muster.agent.status import PATH, SOCKET
    from muster.errors import MusterError
    from muster.net.client import Target, request

    socket = data / SOCKET
    if not socket.exists():
        return []
    try:
        status = asyncio.run(request(Target(socket=socket), "GET", PATH, timeout_s=10)).json()
    except MusterError:
        return []
    hubs: list[dict[str, Any]] = status.get("hubs", [])  # none: it runs an older version
    return hubs


def _allow(options: argparse.Namespace) -> int:
    from muster.agent.memberships.hubs import require_hub, write_allowed

    folder = require_hub(agent_data(options), options.name)
    names = None if options.all else parse_only(options.only)
    write_allowed(folder, names)
    if options.json:
        print_json({"name": options.name, "only": names})
        return Exit.OK
    what = "everything" if names is None else ", ".join(names) or "nothing"
    say(f"{options.name} may have: {what}")
    return Exit.OK


def parse_only(text: str) -> list[str]:
    """Names of collectors and measurements. Errors: InputError for one that is not known."""
    from muster.agent.memberships.allowed import known_names
    from muster.collectors import COLLECTORS
    from muster.collectors.probes import PROBES
    from muster.errors import InputError

    names = sorted({name.strip() for name in text.split(",") if name.strip()})
    known = known_names((*COLLECTORS, *PROBES))
    if unknown := [name for name in names if name not in known]:
        raise InputError(
            f"no collector or measurement {unknown[0]!r}; there are {', '.join(sorted(known))}"
        )
    return names


def require_another(data: Path, folder: Path, token: "Secret") -> None:
    """One machine is one node of a hub. Errors: AlreadyClaimed; BadToken."""
    from muster.agent.exits import failure_of
    from muster.agent.joining.claim import AlreadyClaimed
    from muster.agent.joining.identity import load_identity
    from muster.agent.memberships.hubs import hub_folder, hub_names
    from muster.errors import MusterError
    from muster.pki import keys
    from muster.wire.claimtoken import decode_token

    try:
        pins = set(decode_token(token.reveal()).pins)
    except MusterError as error:
        raise failure_of(error) from error
    for name in hub_names(data):
        other = hub_folder(data, name)
        if other == folder:
            continue
        try:
            roots = keys.views(load_identity(other).anchors())
        except MusterError:
            continue  # one that cannot be read says nothing of another
        if any(root.key_sha256 in pins for root in roots):
            told = AlreadyClaimed(f"this agent belongs to the hub of this token already, as {name}")
            raise failure_of(told)


def leave(data: Path, name: str) -> None:
    """Forget one of the other hubs; a running agent is asked to let go of it first.

    Errors: NotClaimed; AlreadyRunning when it does not; of the disk.
    """
    from muster.agent.joining.lock import AlreadyRunning
    from muster.agent.memberships.hubs import ask_to_leave, is_held, remove_hub, require_hub

    folder = require_hub(data, name)
    ask_to_leave(folder)
    deadline = time.monotonic() + _LEAVE_S
    while is_held(folder):
        if time.monotonic() > deadline:
            raise AlreadyRunning(f"an agent or a claim works in {folder} and does not let go")
        time.sleep(0.2)
    remove_hub(folder)
