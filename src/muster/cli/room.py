"""`muster room`: named groups of nodes, by hand and by rule."""

import argparse
from typing import Any

from muster.cli.arguments import Commands, Parser, add_command, add_group, add_json
from muster.cli.exits import Exit
from muster.cli.hub_client import Hub, hub_of
from muster.cli.output import print_json, print_table, say, tell
from muster.cli.space import add_lifetime, add_space, lifetime_text, space_id
from muster.errors import Conflict, InputError, NotFound

_PATH = "/api/v1/rooms"
_RULE = "The conditions of a rule all have to fit; of several hosts or networks one."


def add(commands: Commands) -> None:
    group = add_group(commands, "room", "Rooms: named groups of nodes")
    listing = add_command(
        group,
        "list",
        _list,
        "List rooms; All nodes is the space itself",
        examples=(
            "muster room list",
            "muster room list --space Customers",
        ),
    )
    add_space(listing, "only rooms of this space")
    add_json(listing)
    create = add_command(
        group,
        "create",
        _create,
        "Make a room, with or without a rule",
        details=_RULE,
        examples=(
            "muster room create lab",
            "muster room create web --host 'web-*' --network 10.0.0.0/8",
            "muster room create berlin --label site=berlin --agent-lifetime 12h",
        ),
    )
    create.add_argument("name", help="what it is called")
    _add_rule(create)
    add_lifetime(create, "as the space says")
    add_space(create, "the space it is made in")
    add_json(create)
    change = add_command(
        group,
        "set",
        _set,
        "Give a room another rule or lifetime",
        details=_RULE,
        examples=(
            "muster room set web --host 'web-*' --host 'www*'",
            "muster room set web --no-rule",
        ),
    )
    change.add_argument("room", metavar="NAME", help="id or name of the room")
    _add_rule(change)
    change.add_argument("--no-rule", action="store_true", help="only nodes put into it are in it")
    add_lifetime(change, "as the space says; `default` takes it away")
    add_space(change, "the space it is in")
    add_json(change)
    preview = add_command(
        group,
        "preview",
        _preview,
        "Show which nodes a rule would take in",
        details=_RULE,
        examples=("muster room preview --host 'web-*'",),
    )
    _add_rule(preview)
    add_space(preview, "the space to look in")
    add_json(preview)
    rename = add_command(
        group,
        "rename",
        _rename,
        "Give a room another name",
        examples=("muster room rename lab workshop",),
    )
    rename.add_argument("room", metavar="NAME", help="id or name of the room")
    rename.add_argument("name", metavar="NEW", help="its new name")
    add_space(rename, "the space it is in")
    add_json(rename)
    remove = add_command(
        group,
        "remove",
        _remove,
        "Remove a room; its nodes stay",
        examples=("muster room remove lab",),
    )
    remove.add_argument("room", metavar="NAME", help="id or name of the room")
    add_space(remove, "the space it is in")


def _add_rule(parser: Parser) -> None:
    many: dict[str, Any] = {"action": "append", "default": []}
    parser.add_argument(
        "--label", metavar="KEY=VALUE", type=label, help="a label its nodes bear (repeat)", **many
    )
    parser.add_argument(
        "--host",
        metavar="PATTERN",
        help="a pattern of host names, such as 'web-*' (repeat)",
        **many,
    )
    parser.add_argument(
        "--network", metavar="NETWORK", help="addresses, such as 10.0.0.0/8 (repeat)", **many
    )


def label(text: str) -> tuple[str, str]:
    """KEY=VALUE as an argument."""
    key, equals, value = text.partition("=")
    if not key or not equals:
        raise argparse.ArgumentTypeError(f"not KEY=VALUE: {text!r}")
    return key, value


def find_room(hub: Hub, wanted: str, space: str = "") -> dict[str, Any]:
    """One room by id or name; `space` is the id of one. Errors: NotFound, Conflict."""
    known: list[dict[str, Any]] = hub.get(_PATH, {"space": space})
    found = [room for room in known if wanted in (room["id"], room["name"])]
    if not found:
        raise NotFound(f"no room {wanted!r}; make it: muster room create {wanted}")
    if len(found) > 1:
        raise Conflict(f"{len(found)} rooms are called {wanted!r}; say which with --space")
    return found[0]


def _rule_of(options: argparse.Namespace) -> dict[str, Any] | None:
    given = {"labels": dict(options.label), "hosts": options.host, "networks": options.network}
    return given if any(given.values()) else None


def _rule_text(rule: dict[str, Any] | None) -> str:
    if rule is None:
        return ""
    labels = [f"{key}={value}" for key, value in rule["labels"].items()]
    return " ".join([*labels, "|".join(rule["hosts"]), "|".join(rule["networks"])]).strip()


def _list(options: argparse.Namespace) -> int:
    hub = hub_of(options)
    space = space_id(hub, options)
    rooms = hub.get(_PATH, {"space": space})
    if options.json:
        print_json(rooms)
        return Exit.OK
    rows = [
        ("All nodes", each["name"], each["nodes"], "", "", each["id"])
        for each in hub.get("/api/v1/spaces")
        if space in ("", each["id"])
    ]
    rows += [
        (
            room["name"],
            room["space"]["name"],
            room["nodes"],
            _rule_text(room["rule"]),
            lifetime_text(room["agent_lifetime_s"]),
            room["id"],
        )
        for room in rooms
    ]
    print_table(("ROOM", "SPACE", "NODES", "RULE", "CERTIFICATES", "ID"), rows, "No rooms.")
    return Exit.OK


def _create(options: argparse.Namespace) -> int:
    hub = hub_of(options)
    body: dict[str, Any] = {"name": options.name}
    if space := space_id(hub, options):
        body["space"] = space
    if rule := _rule_of(options):
        body["rule"] = rule
    if options.agent_lifetime is not None:
        body["agent_lifetime_s"] = round(options.agent_lifetime.total_seconds())
    room = hub.post(_PATH, body)
    return tell(options, room, f"room {room['name']} is made")


def _set(options: argparse.Namespace) -> int:
    rule = _rule_of(options)
    if options.no_rule and rule:
        raise InputError("a rule or --no-rule, not both")
    body: dict[str, Any] = {"rule": rule} if rule or options.no_rule else {}
    if options.agent_lifetime is not None:
        body["agent_lifetime_s"] = round(options.agent_lifetime.total_seconds())
    if not body:
        raise InputError("say what to set: a rule, --no-rule or --agent-lifetime")
    hub = hub_of(options)
    known = find_room(hub, options.room, space_id(hub, options))
    room = hub.patch(f"{_PATH}/{known['id']}", body)
    return tell(options, room, f"room {known['name']} is set")


def _preview(options: argparse.Namespace) -> int:
    hub = hub_of(options)
    rule = _rule_of(options)
    if rule is None:
        raise InputError("say a rule: --label, --host or --network")
    body = {"rule": rule, "space": space_id(hub, options)}
    nodes = hub.post(f"{_PATH}/preview", body)
    if options.json:
        print_json(nodes)
        return Exit.OK
    print_table(("NODE", "ID"), [(node["name"], node["id"]) for node in nodes], "No node fits.")
    return Exit.OK


def _rename(options: argparse.Namespace) -> int:
    hub = hub_of(options)
    room = find_room(hub, options.room, space_id(hub, options))
    changed = hub.patch(f"{_PATH}/{room['id']}", {"name": options.name})
    return tell(options, changed, f"{options.room} is now {options.name}")


def _remove(options: argparse.Namespace) -> int:
    hub = hub_of(options)
    room = find_room(hub, options.room, space_id(hub, options))
    hub.delete(f"{_PATH}/{room['id']}")
    say(f"room {options.room} is removed; its nodes stay")
    return Exit.OK
