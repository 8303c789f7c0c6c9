"""`muster user token`: API tokens, by which programs and people elsewhere use a hub."""

import argparse
from typing import Any

from muster.cli.arguments import Commands, add_command, add_group, add_json, duration
from muster.cli.exits import Exit
from muster.cli.hub_client import hub_of
from muster.cli.output import format_time, print_json, print_table, say, tell
from muster.cli.room import find_room
from muster.cli.space import find_space
from muster.model.access import Action

_PATH = "/api/v1/api-tokens"


def add(group: Commands, roles: tuple[str, ...]) -> None:
    """Add the commands below `muster user`."""
    tokens = add_group(group, "token", "API tokens: use a hub from elsewhere, without a password")
    create = add_command(
        tokens,
        "create",
        _create,
        "Make an API token and print it once",
        details="It acts for its user, at most as what the user is, and ends with the user. The\n"
        "file it is kept in should be yours alone (umask 077).",
        examples=(
            "muster user token create --name laptop --user ada > token",
            "muster user token create --name grafana --role viewer --ttl 365d --json",
            "muster user token create --name wall --role viewer --action data.read --room lab",
            "muster --hub https://hub:7443 --token-file token --ca-file root.pem node list",
        ),
    )
    create.add_argument("--name", default="", help="what it is for")
    create.add_argument(
        "--ttl", type=duration, help="how long it is good for (default 90d, at most 365d)"
    )
    create.add_argument("--role", choices=roles, help="what it may do (default: all its user may)")
    create.add_argument(
        "--user", metavar="NAME", default="", help="whose it is, where there are several users"
    )
    create.add_argument(
        "--action",
        choices=[each.value for each in Action],
        action="append",
        default=[],
        metavar="ACTION",
        help="only this of what the role may, like data.read (repeat)",
    )
    create.add_argument(
        "--space", metavar="NAME", action="append", default=[], help="only in this space (repeat)"
    )
    create.add_argument(
        "--room", metavar="NAME", action="append", default=[], help="only in this room (repeat)"
    )
    add_json(create)
    listing = add_command(
        tokens,
        "list",
        _list,
        "List API tokens with their last use",
        examples=("muster user token list", "muster user token list --json"),
    )
    add_json(listing)
    revoke = add_command(
        tokens,
        "revoke",
        _revoke,
        "End an API token now",
        examples=("muster user token revoke k3x7p2mq5rt6w2ya",),
    )
    revoke.add_argument("id", metavar="ID", help="as in muster user token list")
    add_json(revoke)


def _create(options: argparse.Namespace) -> int:
    body: dict[str, Any] = {"name": options.name, "user": options.user, "role": options.role}
    if options.ttl is not None:
        body["ttl_s"] = options.ttl.total_seconds()
    hub = hub_of(options)
    scope = {
        "actions": options.action,
        "spaces": [find_space(hub, name)["id"] for name in options.space],
        "rooms": [find_room(hub, name)["id"] for name in options.room],
    }
    made = hub.post(_PATH, body | {key: value for key, value in scope.items() if value})
    if options.json:
        print_json(made)
        return Exit.OK
    expires = format_time(made["expires_ns"])
    say(f"API token {made['id']} of {made['user']}, {made['role']}, until {expires};"
        " shown only once")  # fmt: skip
    print(made["token"])
    return Exit.OK


def _list(options: argparse.Namespace) -> int:
    tokens = hub_of(options).get(_PATH)
    if options.json:
        print_json(tokens)
        return Exit.OK
    rows = [
        (
            token["id"],
            token["name"],
            token["user"],
            token["role"],
            token["state"],
            format_time(token["expires_ns"]),
            format_time(token["used_ns"]) or "never",
        )
        for token in tokens
    ]
    columns = ("ID", "FOR", "USER", "ROLE", "STATE", "UNTIL", "LAST USED")
    print_table(columns, rows, "No API tokens. Make one: muster user token create")
    return Exit.OK


def _revoke(options: argparse.Namespace) -> int:
    hub_of(options).delete(f"{_PATH}/{options.id}")
    return tell(
        options, {"id": options.id, "state": "revoked"}, f"API token {options.id} is revoked"
    )
