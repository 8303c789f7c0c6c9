"""`muster user invite` and `muster user invitation`: links by which people become users."""

import argparse
from collections.abc import Callable
from typing import Any

from muster.cli.arguments import Commands, add_command, add_group, add_json, duration
from muster.cli.exits import Exit
from muster.cli.hub_client import hub_of
from muster.cli.output import format_time, print_json, print_table, say, tell
from muster.cli.room import find_room
from muster.cli.space import add_space, places_text, space_id, space_names

_PATH = "/api/v1/invitations"


def add(group: Commands, roles: tuple[str, ...], room_role: Any) -> None:  # noqa: ANN401 - a parser
    """Add the commands below `muster user`."""
    invite = add_command(
        group,
        "invite",
        _invite,
        "Invite a person: print a link that is good once",
        details="Who follows the link chooses a password, makes a passkey, or both. Give it to\n"
        "that person alone, by a way that others do not read.",
        examples=(
            "muster user invite ada --role editor",
            "muster user invite ada --role editor --space Customers --ttl 2d",
            "muster user invite bob --room lab=viewer --json",
        ),
    )
    invite.add_argument("name", help="the user name they will have")
    invite.add_argument("--role", choices=roles, help="in the whole space (default viewer)")
    invite.add_argument(
        "--room",
        metavar="ROOM=ROLE",
        type=room_role,
        action="append",
        default=[],
        help="a role in one room; without --role in no more than that (repeat)",
    )
    add_space(invite, "the space of the role and the rooms")
    invite.add_argument("--ttl", type=duration, help="how long the link is good for (default 7d)")
    add_json(invite)
    invitations = add_group(group, "invitation", "Invitations that were made")
    listing = add_command(
        invitations,
        "list",
        _list,
        "List invitations",
        examples=("muster user invitation list", "muster user invitation list --json"),
    )
    add_json(listing)
    revoke = add_command(
        invitations,
        "revoke",
        _revoke,
        "End an invitation now",
        examples=("muster user invitation revoke ada",),
    )
    revoke.add_argument("invitation", metavar="ID|NAME", help="as in muster user invitation list")
    add_json(revoke)


def _invite(options: argparse.Namespace) -> int:
    hub = hub_of(options)
    space = space_id(hub, options)
    role = options.role or ("" if options.room else "viewer")
    optional: dict[str, Any] = {
        "role": role,
        "space": space,
        "room_roles": {find_room(hub, name, space)["id"]: own for name, own in options.room},
        "ttl_s": options.ttl.total_seconds() if options.ttl is not None else None,
    }
    body = {"name": options.name} | {key: value for key, value in optional.items() if value}
    made = hub.post(_PATH, body)
    if options.json:
        print_json(made)
        return Exit.OK
    expires = format_time(made["expires_ns"])
    say(f"{options.name} is invited until {expires}; the link is good once and shown only once")
    print(made["link"])
    return Exit.OK


def _list(options: argparse.Namespace) -> int:
    hub = hub_of(options)
    known = hub.get(_PATH)
    if options.json:
        print_json(known)
        return Exit.OK
    where = places_text(space_names(hub))
    rows = [
        (each["name"], _roles(each, where), each["state"], format_time(each["expires_ns"]),
         each["created_by"], each["id"])
        for each in known
    ]  # fmt: skip
    columns = ("NAME", "ROLE", "STATE", "UNTIL", "BY", "ID")
    print_table(columns, rows, "No invitations. Make one: muster user invite NAME")
    return Exit.OK


def _revoke(options: argparse.Namespace) -> int:
    hub = hub_of(options)
    wanted = options.invitation
    known = [each for each in hub.get(_PATH) if wanted in (each["id"], each["name"])]
    open_ = [each["id"] for each in known if each["state"] == "open"]
    for id in open_ or [wanted]:
        hub.delete(f"{_PATH}/{id}")
    return tell(options, {"revoked": open_}, f"the invitation of {wanted} is revoked")


def _roles(invitation: dict[str, Any], where: Callable[[dict[str, str]], str]) -> str:
    held = where(invitation["roles"])
    rooms = sorted({*invitation["room_roles"].values()})
    return ", ".join([*([held] if held else []), *(f"{role} in rooms" for role in rooms)])
