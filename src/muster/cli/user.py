"""`muster user`: people who may sign in."""

import argparse
import getpass
import sys
from collections.abc import Callable
from typing import Any

from muster.cli import apitoken, invitation, passkey
from muster.cli.arguments import Commands, add_command, add_group, add_json
from muster.cli.exits import Exit
from muster.cli.hub_client import Hub, hub_of
from muster.cli.output import format_time, print_json, print_table, say, tell
from muster.cli.room import find_room
from muster.cli.space import add_space, places_text, space_id, space_names
from muster.errors import InputError, NotFound
from muster.log import Secret
from muster.model.access import Role

ROLES = tuple(role.value for role in Role)


def add(commands: Commands) -> None:
    group = add_group(commands, "user", "People who may sign in")
    add_json(add_command(group, "list", _list, "List users", examples=("muster user list",)))
    create = add_command(
        group,
        "create",
        _create,
        "Make a user; asks for the password",
        examples=(
            "muster user create ada --role editor",
            "muster user create ada --password-file secret",
            "muster user create bob --room lab=viewer",
        ),
    )
    create.add_argument("name", help="the name to sign in with")
    create.add_argument("--role", choices=ROLES, help="in the whole space (default viewer)")
    create.add_argument(
        "--room",
        metavar="ROOM=ROLE",
        type=_room_role,
        action="append",
        default=[],
        help="a role in one room; without --role in no more than that (repeat)",
    )
    add_space(create, "the space of the role and the rooms")
    create.add_argument("--password-file", metavar="FILE", help="- for standard input")
    add_json(create)
    role = add_command(
        group,
        "role",
        _role,
        "Change the role of a user",
        details="Without --space and --room in all spaces the user has a role in.",
        examples=(
            "muster user role ada admin",
            "muster user role ada viewer --space Customers",
            "muster user role bob editor --room lab",
            "muster user role bob none --room lab",
        ),
    )
    role.add_argument("name", help="name of the user")
    role.add_argument("role", choices=(*ROLES, "none"), help="the new role; none takes it away")
    add_space(role, "in this space alone")
    role.add_argument("--room", metavar="ROOM", help="in this room alone")
    add_json(role)
    password = add_command(
        group,
        "password",
        _password,
        "Set a new password",
        examples=(
            "muster user password ada",
            "muster user password ada --password-file secret",
        ),
    )
    password.add_argument("name", help="name of the user")
    password.add_argument("--password-file", metavar="FILE", help="- for standard input")
    add_json(password)
    remove = add_command(
        group,
        "remove",
        _remove,
        "Remove a user; ends their sessions and API tokens",
        examples=("muster user remove ada",),
    )
    remove.add_argument("name", help="name of the user")
    disable = add_command(
        group,
        "disable",
        _disable,
        "Let a user in no more; ends their sessions and API tokens",
        examples=("muster user disable ada",),
    )
    disable.add_argument("name", help="name of the user")
    add_json(disable)
    enable = add_command(
        group,
        "enable",
        _enable,
        "Let a disabled user in again",
        examples=("muster user enable ada",),
    )
    enable.add_argument("name", help="name of the user")
    add_json(enable)
    invitation.add(group, ROLES, _room_role)
    passkey.add(group, _find, _ask)
    apitoken.add(group, ROLES)


def _room_role(text: str) -> tuple[str, str]:
    room, _, role = text.rpartition("=")
    if not room or role not in ROLES:
        raise argparse.ArgumentTypeError(f"not ROOM=ROLE, with {', '.join(ROLES)}: {text!r}")
    return room, role


def _roles_text(user: dict[str, Any], where: Callable[[dict[str, str]], str]) -> str:
    """The roles in spaces; of who has none, that of the rooms."""
    return where(user["roles"]) or f"{user['role']} in rooms"


def _find(hub: Hub, name: str) -> dict[str, Any]:
    for user in hub.get("/api/v1/users"):
        if name in (user["id"], user["name"]):
            found: dict[str, Any] = user
            return found
    raise NotFound(f"no user {name!r}")


def _ask(options: argparse.Namespace) -> Secret:
    if options.password_file:
        from muster.cli.files import read_secret_file

        return read_secret_file(options.password_file, "password")
    if not sys.stdin.isatty():
        raise InputError("no terminal to ask for the password; use --password-file FILE")
    first = Secret(getpass.getpass("New password: "))
    if first.reveal() != getpass.getpass("Once more: "):
        raise InputError("the two passwords differ; nothing was changed")
    return first


def _list(options: argparse.Namespace) -> int:
    hub = hub_of(options)
    users = hub.get("/api/v1/users")
    if options.json:
        print_json(users)
        return Exit.OK
    where = places_text(space_names(hub))
    rows = [
        (user["name"], _roles_text(user, where), "disabled" if user["disabled"] else "enabled",
         format_time(user["created_ns"]))
        for user in users
    ]  # fmt: skip
    print_table(("USER", "ROLE", "STATE", "SINCE"), rows, "No users.")
    return Exit.OK


def _create(options: argparse.Namespace) -> int:
    hub = hub_of(options)
    role = options.role or ("" if options.room else "viewer")
    body: dict[str, Any] = {"name": options.name, "password": _ask(options).reveal()}
    space = space_id(hub, options)
    rooms = {find_room(hub, name, space)["id"]: own for name, own in options.room}
    optional = {"role": role, "space": space, "room_roles": rooms}
    given = {key: value for key, value in optional.items() if value}
    made = hub.post("/api/v1/users", body | given)
    return tell(options, made, f"{options.name} may sign in" + (f" as {role}" if role else ""))


def _role(options: argparse.Namespace) -> int:
    hub = hub_of(options)
    user, role = _find(hub, options.name), None if options.role == "none" else options.role
    body: dict[str, Any] = {"role": role}
    space = space_id(hub, options)
    if options.room:
        body = {"room_roles": {find_room(hub, options.room, space)["id"]: role}}
    elif space:
        body = {"roles": {space: role}}
    elif role is None:
        raise InputError("say where: --space or --room; to let nobody in, disable or remove them")
    changed = hub.patch(f"/api/v1/users/{user['id']}", body)
    where = options.room or options.space
    text = f"{options.name} is now {options.role}" + (f" in {where}" if where else "")
    return tell(options, changed, text)


def _password(options: argparse.Namespace) -> int:
    hub = hub_of(options)
    user = _find(hub, options.name)
    changed = hub.patch(f"/api/v1/users/{user['id']}", {"password": _ask(options).reveal()})
    return tell(options, changed, f"the password of {options.name} is changed")


def _disable(options: argparse.Namespace) -> int:
    text = f"{options.name} is disabled; sessions and API tokens have ended"
    return tell(options, _switched(options, is_off=True), text)


def _enable(options: argparse.Namespace) -> int:
    text = f"{options.name} may sign in again; API tokens have to be made anew"
    return tell(options, _switched(options, is_off=False), text)


def _switched(options: argparse.Namespace, *, is_off: bool) -> Any:  # noqa: ANN401 - JSON
    hub = hub_of(options)
    return hub.patch(f"/api/v1/users/{_find(hub, options.name)['id']}", {"disabled": is_off})


def _remove(options: argparse.Namespace) -> int:
    hub = hub_of(options)
    hub.delete(f"/api/v1/users/{_find(hub, options.name)['id']}")
    say(f"{options.name} is removed")
    return Exit.OK
