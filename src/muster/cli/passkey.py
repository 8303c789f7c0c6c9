"""`muster user passkey` and `muster user reset`: for who has lost the way in."""

import argparse
from collections.abc import Callable
from typing import Any

from muster.cli.arguments import Commands, add_command, add_group, add_json
from muster.cli.exits import Exit
from muster.cli.hub_client import Hub, hub_of
from muster.cli.output import format_time, print_json, print_table, tell
from muster.errors import NotFound
from muster.log import Secret

Find = Callable[[Hub, str], dict[str, Any]]
Ask = Callable[[argparse.Namespace], Secret]


def add(group: Commands, find: Find, ask: Ask) -> None:
    """Add the commands below `muster user`."""
    passkeys = add_group(group, "passkey", "Passkeys of people")

    def list_passkeys(options: argparse.Namespace) -> int:
        hub = hub_of(options)
        return _list(hub, find(hub, options.name), as_json=options.json)

    def remove_passkey(options: argparse.Namespace) -> int:
        hub = hub_of(options)
        user = find(hub, options.name)
        passkey = _passkey(hub, user, options.passkey)
        hub.delete(f"{_path(user)}/{passkey['id']}")
        return tell(options, passkey, f"passkey {passkey['name']} of {user['name']} is removed")

    def require_passkey(options: argparse.Namespace) -> int:
        hub = hub_of(options)
        user = find(hub, options.name)
        wanted = options.wanted == "on"
        hub.patch(f"/api/v1/users/{user['id']}", {"require_passkey": wanted})
        more = " takes a passkey besides the password" if wanted else " takes no passkey"
        result = {"name": user["name"], "require_passkey": wanted}
        return tell(options, result, f"the sign-in of {user['name']}{more}")

    def reset(options: argparse.Namespace) -> int:
        hub = hub_of(options)
        user, password = find(hub, options.name), ask(options).reveal()
        known = hub.get(_path(user))
        # The password comes last: whoever had the old one is shut out together with the passkeys.
        for passkey in known:
            hub.delete(f"{_path(user)}/{passkey['id']}")
        hub.delete(f"/api/v1/users/{user['id']}/identities")
        change = {"password": password, "require_passkey": False, "disabled": False}
        hub.patch(f"/api/v1/users/{user['id']}", change)
        text = f"{user['name']} signs in by the new password alone; {len(known)} passkeys are gone"
        return tell(options, {"name": user["name"], "passkeys_removed": len(known)}, text)

    listing = add_command(
        passkeys,
        "list",
        list_passkeys,
        "List a user's passkeys with their last use",
        examples=("muster user passkey list ada",),
    )
    listing.add_argument("name", metavar="USER", help="name of the user")
    add_json(listing)
    remove = add_command(
        passkeys,
        "remove",
        remove_passkey,
        "Remove a passkey, as when its device is lost",
        examples=("muster user passkey remove ada phone",),
    )
    remove.add_argument("name", metavar="USER", help="name of the user")
    remove.add_argument("passkey", metavar="PASSKEY", help="its id or name")
    add_json(remove)
    require = add_command(
        passkeys,
        "require",
        require_passkey,
        "Say whether a user signs in with a passkey besides the password",
        details="Who has none yet makes the first at the next sign-in.",
        examples=("muster user passkey require ada on",),
    )
    require.add_argument("name", metavar="USER", help="name of the user")
    require.add_argument("wanted", choices=("on", "off"), help="whether")
    add_json(require)
    again = add_command(
        group,
        "reset",
        reset,
        "Let somebody in again: a new password, and no passkeys",
        details="Ends their sessions, and takes away the identities at providers that they have"
        "\nlinked. They make passkeys anew; where the hub or a space asks for\n"
        "one, at their next sign-in.",
        examples=("muster user reset ada", "muster user reset ada --password-file secret"),
    )
    again.add_argument("name", metavar="USER", help="name of the user")
    again.add_argument("--password-file", metavar="FILE", help="- for standard input")
    add_json(again)


def _list(hub: Hub, user: dict[str, Any], *, as_json: bool) -> int:
    known = hub.get(_path(user))
    if as_json:
        print_json(known)
        return Exit.OK
    rows = [
        (each["name"], each["domain"], "synced" if each["synced"] else "one device",
         format_time(each["created_ns"]), format_time(each["used_ns"]) or "never", each["id"])
        for each in known
    ]  # fmt: skip
    columns = ("PASSKEY", "FOR", "LIES", "SINCE", "LAST USED", "ID")
    print_table(columns, rows, f"{user['name']} has no passkeys; they are made in the browser.")
    return Exit.OK


def _passkey(hub: Hub, user: dict[str, Any], wanted: str) -> dict[str, Any]:
    for each in hub.get(_path(user)):
        if wanted in (each["id"], each["name"]):
            found: dict[str, Any] = each
            return found
    raise NotFound(f"{user['name']} has no passkey {wanted!r}")


def _path(user: dict[str, Any]) -> str:
    return f"/api/v1/users/{user['id']}/passkeys"
