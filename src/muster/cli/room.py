"""`muster room`: named groups of nodes."""

import argparse
from typing import Any

from muster.cli.arguments import Commands, add_command, add_group, add_json
from muster.cli.exits import Exit
from muster.cli.hub_client import Hub, hub_of
from muster.cli.output import print_json, print_table, say
from muster.errors import NotFound


def add(commands: Commands) -> None:
    group = add_group(commands, "room", "Rooms: named groups of nodes")
    add_json(add_command(group, "list", _list, "List rooms"))
    create = add_command(group, "create", _create, "Make a room")
    create.add_argument("name")
    add_json(create)
    rename = add_command(group, "rename", _rename, "Give a room another name")
    rename.add_argument("room", metavar="NAME")
    rename.add_argument("name", metavar="NEW")
    remove = add_command(group, "remove", _remove, "Remove a room; its nodes stay")
    remove.add_argument("room", metavar="NAME")


def find_room(hub: Hub, wanted: str) -> dict[str, Any]:
    """One room by id or name. Errors: NotFound."""
    for room in hub.get("/api/v1/rooms"):
        if wanted in (room["id"], room["name"]):
            found: dict[str, Any] = room
            return found
    raise NotFound(f"no room {wanted!r}; make it: muster room create {wanted}")


def _list(options: argparse.Namespace) -> int:
    rooms = hub_of(options).get("/api/v1/rooms")
    if options.json:
        print_json(rooms)
        return Exit.OK
    rows = [(room["name"], room.get("nodes", ""), room["id"]) for room in rooms]
    print_table(("ROOM", "NODES", "ID"), rows, "No rooms. Make one: muster room create NAME")
    return Exit.OK


def _create(options: argparse.Namespace) -> int:
    room = hub_of(options).post("/api/v1/rooms", {"name": options.name})
    if options.json:
        print_json(room)
    else:
        say(f"room {room['name']} is made")
    return Exit.OK


def _rename(options: argparse.Namespace) -> int:
    hub = hub_of(options)
    hub.patch(f"/api/v1/rooms/{find_room(hub, options.room)['id']}", {"name": options.name})
    say(f"{options.room} is now {options.name}")
    return Exit.OK


def _remove(options: argparse.Namespace) -> int:
    hub = hub_of(options)
    hub.delete(f"/api/v1/rooms/{find_room(hub, options.room)['id']}")
    say(f"room {options.room} is removed; its nodes stay")
    return Exit.OK
