"""`muster token`: the right to join."""

import argparse
from datetime import timedelta
from difflib import get_close_matches
from typing import Any

from muster.cli.arguments import (
    Commands,
    add_command,
    add_group,
    add_json,
    duration,
    label,
    positive,
)
from muster.cli.exits import Exit
from muster.cli.hub_client import Hub, hub_of
from muster.cli.output import counted, format_time, print_json, print_record, print_table, say
from muster.cli.space import add_space, space_id, space_names
from muster.config import format_duration


def add(commands: Commands) -> None:
    group = add_group(commands, "token", "Tokens by which machines join")
    create = add_command(
        group,
        "create",
        _create,
        "Make a claim token and print it once",
        examples=(
            "muster token create",
            "muster token create --room lab --ttl 10m --uses 1 --json",
            "muster token create --uses 20 --network 10.1.0.0/16 --host 'web-*' --per-hour 5",
            "muster token create --label role=runner --ephemeral 1h --description 'CI runners'",
            "muster token create > token && scp token web-01:",
            "muster token create --dialect netdata --uses 20 --json",
        ),
    )
    create.add_argument(
        "--room",
        action="append",
        default=[],
        help="room the node joins (repeat for more); made when there is none of that name",
    )
    create.add_argument(
        "--ttl", type=duration, metavar="TIME", help="how long it may be used (default 1h)"
    )
    create.add_argument(
        "--uses", type=positive, default=1, metavar="N", help="how many nodes may join with it"
    )
    create.add_argument("--description", default="", metavar="TEXT", help="what it is for")
    create.add_argument(
        "--label",
        action="append",
        default=[],
        type=label,
        metavar="KEY=VALUE",
        help="given to its nodes (repeat for more)",
    )
    create.add_argument(
        "--network", action="append", default=[], help="only from there, as 10.1.0.0/16 (repeat)"
    )
    create.add_argument(
        "--host",
        action="append",
        default=[],
        help="only machines with such a host name, as 'web-*' (repeat)",
    )
    create.add_argument(
        "--per-hour", type=positive, default=0, metavar="N", help="nodes in any hour at most"
    )
    create.add_argument(
        "--ephemeral",
        type=duration,
        metavar="TIME",
        help="its nodes leave the list this long after they were last seen",
    )
    create.add_argument(
        "--dialect",
        choices=("muster", "netdata"),
        default="muster",
        help="netdata: written for Netdata agents",
    )
    add_space(create, "the space the nodes join")
    add_json(create)
    add_json(
        add_command(
            group,
            "list",
            _list,
            "List claim tokens, without their secrets",
            examples=("muster token list",),
        )
    )
    show = add_command(
        group,
        "show",
        _show,
        "Decode a token without asking anybody",
        examples=("muster token show token", "muster token show - < token"),
    )
    show.add_argument("file", help="file with the token; - for standard input")
    add_json(show)
    nodes = add_command(
        group,
        "nodes",
        _nodes,
        "List who came in by a token",
        examples=("muster token nodes abcdefghijklmnop",),
    )
    nodes.add_argument("id", metavar="ID", help="as in muster token list")
    add_json(nodes)
    revoke = add_command(
        group,
        "revoke",
        _revoke,
        "End a token; nodes that joined stay",
        examples=("muster token revoke abcdefghijklmnop",),
    )
    revoke.add_argument("id", metavar="ID", help="as in muster token list")


def _create(options: argparse.Namespace) -> int:
    hub = hub_of(options)
    body: dict[str, Any] = {
        "rooms": options.room,
        "uses": options.uses,
        "description": options.description,
    }
    more = {
        "labels": dict(options.label),
        "networks": options.network,
        "hosts": options.host,
        "per_hour": options.per_hour,
        "space": space_id(hub, options),
    }
    body |= {key: value for key, value in more.items() if value}
    if options.dialect != "muster":
        body["dialect"] = options.dialect
    if options.ephemeral is not None:
        body["ephemeral_s"] = int(options.ephemeral.total_seconds())
    if options.ttl is not None:
        body["ttl_s"] = int(options.ttl.total_seconds())
    made = hub.post("/api/v1/tokens", body)
    say_new_rooms(hub, made, options)
    if options.json:
        print_json(made)
        return Exit.OK
    say(
        f"valid until {format_time(made['expires_ns'])}, {counted(made['uses'], 'use')};"
        " shown only once"
    )
    print(made["token"])
    return Exit.OK


def say_new_rooms(hub: Hub, made: Any, options: argparse.Namespace) -> None:  # noqa: ANN401 - JSON
    """A room that is made by naming it may be a slip: what is called alike stands beside it."""
    if not made.get("new_rooms"):
        return
    rooms = hub.get("/api/v1/rooms", {"space": space_id(hub, options)})
    others = [room["name"] for room in rooms if room["name"] not in made["new_rooms"]]
    for name in made["new_rooms"]:
        alike = ", ".join(get_close_matches(name, others))
        near = f"; called alike: {alike}" if alike else ""
        say(f"room {name!r} was not there and is made{near}; undo: muster room remove {name!r}")


def _list(options: argparse.Namespace) -> int:
    hub = hub_of(options)
    tokens = hub.get("/api/v1/tokens")
    if options.json:
        print_json(tokens)
        return Exit.OK
    spaces = space_names(hub)
    rows = [
        (
            token["id"],
            _state(token),
            f"{token['used']} of {token['uses']}",
            format_time(token["expires_ns"]),
            token["created_by"],
            spaces.get(token["space"], token["space"]),
            [room["name"] for room in token["rooms"]],
            _limits(token),
            token["description"],
        )
        for token in tokens
    ]
    columns = ("ID", "STATE", "USED", "UNTIL", "BY", "SPACE", "ROOMS", "ONLY", "FOR")
    print_table(columns, rows, "No claim tokens. Make one: muster token create")
    return Exit.OK


def _limits(token: dict[str, Any]) -> str:
    words = [*token["networks"], *token["hosts"]]
    words += [f"{key}={value}" for key, value in token["labels"].items()]
    if token["per_hour"]:
        words.append(f"{token['per_hour']} per hour")
    if token["ephemeral_s"]:
        words.append(f"ephemeral {format_duration(timedelta(seconds=token['ephemeral_s']))}")
    return ", ".join(words)


def _state(token: dict[str, int]) -> str:
    from muster.clock import SystemClock

    if token["revoked_ns"]:
        return "revoked"
    if token["used"] >= token["uses"]:
        return "used up"
    return "expired" if token["expires_ns"] <= SystemClock().now_ns() else "open"


def _show(options: argparse.Namespace) -> int:
    from muster.cli.files import read_secret_file
    from muster.wire.claimtoken import decode_token
    from muster.wire.netdata import token as netdata

    text = read_secret_file(options.file, "token").reveal()
    if netdata.is_token(text):
        id, _ = netdata.decode(text)
        known: dict[str, Any] = {"id": id, "dialect": "netdata"}
    else:
        token = decode_token(text)
        known = {"id": token.id, "hub": list(token.addresses), "pins": list(token.pins)}
    if options.json:
        print_json(known)
    else:
        print_record(known)
    return Exit.OK


def _nodes(options: argparse.Namespace) -> int:
    token = hub_of(options).get(f"/api/v1/tokens/{options.id}")
    if options.json:
        print_json(token["nodes"])
        return Exit.OK
    rows = [(each["name"], each["id"], format_time(each["claimed_ns"])) for each in token["nodes"]]
    print_table(("NAME", "ID", "CLAIMED"), rows, "Nobody came in by this token.")
    return Exit.OK


def _revoke(options: argparse.Namespace) -> int:
    hub_of(options).delete(f"/api/v1/tokens/{options.id}")
    say(f"token {options.id} is revoked")
    return Exit.OK
