"""`muster node settings`: what an agent is set to, and what differs from another's."""

import argparse
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from muster.cli.arguments import Commands, add_command, add_json
from muster.cli.exits import Exit
from muster.cli.hub_client import Hub, hub_of
from muster.cli.output import print_json, print_table

FindNode = Callable[[Hub, str], dict[str, Any]]

_DEFAULT = "(default) "


def add_settings(group: Commands, find: FindNode) -> None:
    """To the group of nodes."""
    parser = add_command(
        group,
        "settings",
        partial(_settings, find),
        "Show what the agent of a node is set to, or what differs from another node",
        details="The agent tells them itself, so it has to be connected. Secrets are hidden.",
        examples=(
            "muster node settings web-01",
            "muster node settings web-01 --all --json",
            "muster node settings web-01 --diff db-01",
        ),
    )
    parser.add_argument("node", metavar="ID", help="id or name of the node")
    parser.add_argument("--diff", metavar="NODE", help="show what differs from this node")
    parser.add_argument("--all", action="store_true", help="those that are the default, too")
    add_json(parser)


def compare(hub: Hub, node: str, body: dict[str, Any]) -> list[dict[str, Any]]:
    """What differs between a node's settings and another's, or a file's."""
    found: list[dict[str, Any]] = hub.post(f"/api/v1/nodes/{node}/settings/compare", body)
    return found


def print_differences(columns: Sequence[str], found: Sequence[dict[str, Any]]) -> None:
    """`here` first, then `there`."""
    rows = [(each["key"], _cell(each, "here"), _cell(each, "there")) for each in found]
    print_table(("SETTING", *columns), rows, "No setting differs.")


def _settings(find_node: FindNode, options: argparse.Namespace) -> int:
    hub = hub_of(options)
    node = find_node(hub, options.node)
    if options.diff:
        other = find_node(hub, options.diff)
        found = compare(hub, node["id"], {"node": other["id"]})
        if options.json:
            print_json(found)
        else:
            print_differences((node["name"], other["name"]), found)
        return Exit.OK
    told = hub.get(f"/api/v1/nodes/{node['id']}/settings")
    if not options.all:
        told = [each for each in told if each["value"] != each["default"]]
    if options.json:
        print_json(told)
    else:
        rows = [(each["key"], _text(each["value"]), _text(each["default"])) for each in told]
        print_table(("SETTING", "VALUE", "DEFAULT"), rows, "All settings are the default.")
    return Exit.OK


def _cell(difference: dict[str, Any], side: str) -> str:
    if difference[side] is None:
        return "(unknown)"
    return (_DEFAULT if difference[f"{side}_default"] else "") + _text(difference[side])


def _text(value: object) -> str:
    """An empty list or text has to be seen."""
    return str(value) if value not in ("", [], {}) else "(none)"
