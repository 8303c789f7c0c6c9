"""`muster node rooms`: the rooms of a node, shown and set."""

import argparse
from functools import partial

from muster.cli.arguments import Commands, add_command, add_json
from muster.cli.exits import Exit
from muster.cli.hub_client import hub_of
from muster.cli.nodesettings import FindNode
from muster.cli.output import print_json, print_table, say
from muster.cli.room import find_room
from muster.errors import InputError


def add_rooms(group: Commands, find: FindNode) -> None:
    """To the group of nodes."""
    rooms = add_command(
        group,
        "rooms",
        partial(_rooms, find),
        "Show the rooms of a node, or set those it is put into by hand",
        examples=(
            "muster node rooms web-01",
            "muster node rooms web-01 lab edge",
            "muster node rooms web-01 --none",
        ),
    )
    rooms.add_argument("node", metavar="ID", help="id or name of the node")
    rooms.add_argument(
        "room", nargs="*", help="the rooms it is to be in; without any they are shown"
    )
    rooms.add_argument(
        "--none", action="store_true", help="take it out of all rooms but those whose rule fits it"
    )
    add_json(rooms)


def _rooms(find_node: FindNode, options: argparse.Namespace) -> int:
    if options.none and options.room:
        raise InputError("--none goes without rooms")
    hub = hub_of(options)
    node = find_node(hub, options.node)
    if options.room or options.none:
        wanted = [find_room(hub, name, node["space"]["id"])["id"] for name in options.room]
        node = hub.patch(f"/api/v1/nodes/{node['id']}", {"rooms": wanted})
        say(f"the rooms of {node['name']} are set")
    if options.json:
        print_json(node["rooms"])
    else:
        rows = [
            (room["name"], "rule" if room["by_rule"] else "hand", room["id"])
            for room in node["rooms"]
        ]
        print_table(("ROOM", "BY", "ID"), rows, f"{node['name']} is in no room.")
    return Exit.OK
