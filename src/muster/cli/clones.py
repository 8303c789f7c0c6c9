"""`muster node clones | fork | dismiss`: nodes whose identity has several holders."""

import argparse
from typing import Any

from muster.cli.arguments import Commands, add_command, add_json
from muster.cli.exits import Exit
from muster.cli.hub_client import Hub, hub_of
from muster.cli.output import format_ago, print_json, print_table, say
from muster.clock import SystemClock
from muster.errors import Conflict, NotFound

_PATH = "/api/v1/clones"


def add_clones(group: Commands) -> None:
    """To the group of nodes."""
    listing = add_command(
        group,
        "clones",
        _list,
        "List nodes whose state folder was copied, with what tells the copies apart",
        examples=("muster node clones", "muster node clones --all --json"),
    )
    listing.add_argument("--all", action="store_true", help="those that are decided, too")
    add_json(listing)
    fork = add_command(
        group,
        "fork",
        _fork,
        "Make a copy a node of its own; the history stays with the node",
        examples=("muster node fork web-01", "muster node fork web-01 --holder 3f1c"),
    )
    _add_case(fork)
    fork.add_argument(
        "--holder",
        metavar="INSTANCE",
        help="which holder leaves, by the start of its instance; needed when it is not the only"
        " one beside the first",
    )
    add_json(fork)
    dismiss = add_command(
        group,
        "dismiss",
        _dismiss,
        "Warn no more of the copies of a node",
        examples=("muster node dismiss web-01",),
    )
    _add_case(dismiss)


def _add_case(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("node", metavar="ID", help="id or name of the node, or id of the clone")


def _list(options: argparse.Namespace) -> int:
    clones = hub_of(options).get(_PATH)
    if options.json:
        print_json(clones)
        return Exit.OK
    shown = [each for each in clones if options.all or each["state"] == "open"]
    now_ns = SystemClock().now_ns()
    rows = [
        (
            clone["name"],
            clone["kind"] if clone["state"] == "open" else clone["state"],
            holder["instance"][:8],
            holder["hostname"],
            holder["address"],
            "first" if index == 0 else ", ".join(holder["differs"]) or "nothing seen",
            "now" if holder["here"] else format_ago(holder["seen_ns"], now_ns),
            holder["became"] or holder["decision"],
        )
        for clone in shown
        for index, holder in enumerate(clone["holders"])
    ]
    columns = ("NODE", "CASE", "HOLDER", "HOST", "FROM", "DIFFERS BY", "SEEN", "DECIDED")
    print_table(columns, rows, "No node has more than one holder.")
    return Exit.OK


def _fork(options: argparse.Namespace) -> int:
    hub = hub_of(options)
    clone = _find(hub, options.node)
    holder = _choose(clone, options.holder or "")
    done = hub.post(f"{_PATH}/{clone['id']}/fork", {"holder": holder["instance"]})
    if options.json:
        print_json(done)
        return Exit.OK
    say(
        f"{holder['hostname']} at {holder['address']} joins as a node of its own within seconds;"
        f" {clone['name']} stays with the other"
    )
    return Exit.OK


def _dismiss(options: argparse.Namespace) -> int:
    hub = hub_of(options)
    clone = _find(hub, options.node)
    hub.post(f"{_PATH}/{clone['id']}/dismiss", {})
    say(f"dismissed; the holder that is not connected to {clone['name']} stays out")
    return Exit.OK


def _find(hub: Hub, wanted: str) -> dict[str, Any]:
    """The open case of a node. Errors: NotFound; Conflict when a name is not unique."""
    found = [
        each
        for each in hub.get(_PATH)
        if each["state"] == "open" and wanted in (each["id"], each["node"], each["name"])
    ]
    if not found:
        raise NotFound(f"no open case of copies for {wanted!r}; see muster node clones")
    if len(found) > 1:
        raise Conflict(f"{len(found)} nodes are called {wanted!r}; use the id")
    clone: dict[str, Any] = found[0]
    return clone


def _choose(clone: dict[str, Any], wanted: str) -> dict[str, Any]:
    """The holder that leaves. Errors: NotFound, Conflict."""
    undecided = [each for each in clone["holders"] if not each["decision"]]
    fit = [each for each in undecided if each["instance"].startswith(wanted)]
    if wanted and not fit:
        raise NotFound(f"no such holder: {wanted!r}")
    if not wanted:
        fit = [each for each in undecided if each is not clone["holders"][0]]
    if len(fit) != 1:
        raise Conflict(f"{len(fit)} holders fit: name one by --holder; see muster node clones")
    chosen: dict[str, Any] = fit[0]
    return chosen
