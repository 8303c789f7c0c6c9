"""`muster space`: tenants of a hub, each with its own nodes, rooms, tokens and people."""

import argparse
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from muster.cli.arguments import Commands, Parser, add_command, add_group, add_json, duration
from muster.cli.exits import Exit
from muster.cli.hub_client import Hub, hub_of
from muster.cli.output import print_json, print_table, say, tell
from muster.errors import InputError, NotFound
from muster.model.inventory import Approval

_PATH = "/api/v1/spaces"
_PASSING = (
    "its values are seen live and kept nowhere from now on; what is kept already stays until it"
    " is as old as the hub keeps values"
)


def add(commands: Commands) -> None:
    group = add_group(commands, "space", "Spaces: tenants with their own nodes, rooms and people")
    add_json(add_command(group, "list", _list, "List spaces", examples=("muster space list",)))
    create = add_command(
        group,
        "create",
        _create,
        "Make a space; who makes it is its admin",
        examples=("muster space create Customers",),
    )
    create.add_argument("name", help="what it is called")
    add_json(create)
    rename = add_command(
        group,
        "rename",
        _rename,
        "Give a space another name",
        examples=("muster space rename Customers Clients",),
    )
    rename.add_argument("space", metavar="NAME", help="id or name of the space")
    rename.add_argument("name", metavar="NEW", help="its new name")
    add_json(rename)
    change = add_command(
        group,
        "set",
        _set,
        "Change the settings of a space",
        examples=(
            "muster space set Home --agent-lifetime 12h",
            "muster space set Home --approval always",
            "muster space set Home --pass-through on    # seen live, kept nowhere",
            "muster space set Home --netdata-keep 'system.*,disk.*' --netdata-step 10s",
        ),
    )
    change.add_argument("space", metavar="NAME", help="id or name of the space")
    add_lifetime(change, "the hub's setting")
    change.add_argument(
        "--approval",
        choices=[each.value for each in Approval],
        help="whether claims wait for an admin; policy: as the hub's policy file says",
    )
    change.add_argument(
        "--second-factor",
        choices=("required", "optional"),
        help="whether who has a role in it signs in with a passkey besides",
    )
    change.add_argument(
        "--pass-through",
        dest="passes",
        choices=("on", "off"),
        help="on: values of its nodes are seen live for some minutes, and kept nowhere",
    )
    change.add_argument(
        "--keep",
        type=_keep_days,
        metavar="DAYS",
        help="values are kept for so many whole days, such as 14d; what is older is dropped"
        " within an hour and cannot be brought back; default: as long as the hub keeps any",
    )
    _add_netdata(change)
    add_json(change)
    remove = add_command(
        group,
        "remove",
        _remove,
        "Remove a space that holds no nodes",
        examples=("muster space remove Customers",),
    )
    remove.add_argument("space", metavar="NAME", help="id or name of the space")


def _add_netdata(parser: Parser) -> None:
    parser.add_argument(
        "--netdata-keep",
        dest="keeps",
        metavar="CONTEXTS",
        help="contexts of its Netdata nodes that are copied into the store from now on, as"
        " patterns with commas between them; off: none, they are seen live alone",
    )
    parser.add_argument(
        "--netdata-step",
        dest="keep_step",
        type=duration,
        metavar="TIME",
        help="one copied value for so long, 1s to 1h; default: 10s",
    )


def add_space(parser: Parser, what: str) -> None:
    """`--space NAME`, for commands that have to know which."""
    parser.add_argument("--space", metavar="NAME", help=f"{what} (id or name)")


def add_lifetime(parser: Parser, default: str) -> None:
    parser.add_argument(
        "--agent-lifetime",
        type=_lifetime,
        metavar="TIME",
        help=f"how long certificates of nodes live, 1h to 90d; default: {default}",
    )


def find_space(hub: Hub, wanted: str) -> dict[str, Any]:
    """One space by id or name. Errors: NotFound."""
    known: list[dict[str, Any]] = hub.get(_PATH)
    for space in known:
        if wanted in (space["id"], space["name"]):
            return space
    names = ", ".join(space["name"] for space in known[:10])
    raise NotFound(f"no space {wanted!r}" + (f"; there are {names}" if names else ""))


def space_id(hub: Hub, options: argparse.Namespace) -> str:
    """The id of the space that `--space` names; empty without it. Errors: NotFound."""
    return str(find_space(hub, options.space)["id"]) if options.space else ""


def own_space(hub: Hub, options: argparse.Namespace) -> dict[str, Any]:
    """The space that `--space` names, or the hub's own, or the only one.

    Errors: NotFound, InputError.
    """
    if options.space:
        return find_space(hub, options.space)
    known: list[dict[str, Any]] = hub.get(_PATH)
    main = [each for each in known if each.get("main")] or known
    if len(main) != 1:
        raise InputError("say which space with --space")
    return main[0]


def places_text(held: dict[str, Any]) -> Callable[[dict[str, str]], str]:
    """Words for roles by space id, of the spaces that there are: with one, the role is enough."""
    if len(held) < 2:
        return lambda roles: ", ".join(sorted(set(roles.values())))
    return lambda roles: ", ".join(f"{role} in {held.get(id, id)}" for id, role in roles.items())


def space_names(hub: Hub) -> dict[str, str]:
    """The spaces one sees: names by id."""
    return {space["id"]: space["name"] for space in hub.get(_PATH)}


def lifetime_text(seconds: int) -> str:
    """A lifetime for a table: in days or hours; empty for none."""
    if seconds and seconds % 86_400 == 0:
        return f"{seconds // 86_400}d"
    return f"{seconds / 3600:g}h" if seconds else ""


def _lifetime(text: str) -> timedelta:
    return timedelta(0) if text == "default" else duration(text)


def _keep_days(text: str) -> int:
    days, rest = divmod(timedelta(0) if text == "default" else duration(text), timedelta(days=1))
    if rest:
        raise argparse.ArgumentTypeError(f"whole days, such as 14d, not {text!r}")
    return days


def _list(options: argparse.Namespace) -> int:
    spaces = hub_of(options).get(_PATH)
    if options.json:
        print_json(spaces)
        return Exit.OK
    rows = [
        (
            space["name"],
            space["role"] or "in rooms",
            space["nodes"],
            space["settings"]["approval"],
            lifetime_text(space["settings"]["agent_lifetime_s"]),
            space["id"],
        )
        for space in spaces
    ]
    print_table(("SPACE", "ROLE", "NODES", "APPROVAL", "CERTIFICATES", "ID"), rows, "No spaces.")
    return Exit.OK


def _create(options: argparse.Namespace) -> int:
    space = hub_of(options).post(_PATH, {"name": options.name})
    return tell(options, space, f"space {space['name']} is made")


def _rename(options: argparse.Namespace) -> int:
    hub = hub_of(options)
    space = hub.patch(f"{_PATH}/{find_space(hub, options.space)['id']}", {"name": options.name})
    return tell(options, space, f"{options.space} is now {options.name}")


def _set(options: argparse.Namespace) -> int:
    settings = _netdata_settings(options)
    if options.approval is not None:
        settings["approval"] = options.approval
    if options.agent_lifetime is not None:
        settings["agent_lifetime_s"] = round(options.agent_lifetime.total_seconds())
    if options.second_factor is not None:
        settings["require_second_factor"] = options.second_factor == "required"
    if options.keep is not None:
        settings["keep_days"] = options.keep
    if options.passes is not None:
        settings["store"] = options.passes == "off"
    if not settings:
        raise InputError(
            "say what to set: --approval, --agent-lifetime, --second-factor, --pass-through,"
            " --keep, --netdata-keep or --netdata-step"
        )
    hub = hub_of(options)
    known = find_space(hub, options.space)
    space = hub.patch(f"{_PATH}/{known['id']}", {"settings": settings})
    text = f"space {known['name']} is set"
    if known["settings"]["store"] and not space["settings"]["store"]:
        text += f"; {_PASSING}"
    return tell(options, space, text)


def _netdata_settings(options: argparse.Namespace) -> dict[str, Any]:
    keep: dict[str, Any] = {}
    if options.keeps is not None:
        patterns = [] if options.keeps == "off" else options.keeps.split(",")
        keep["contexts"] = [pattern.strip() for pattern in patterns]
    if options.keep_step is not None:
        keep["step_s"] = round(options.keep_step.total_seconds())
    return {"netdata_keep": keep} if keep else {}


def _remove(options: argparse.Namespace) -> int:
    hub = hub_of(options)
    space = find_space(hub, options.space)
    hub.delete(f"{_PATH}/{space['id']}")
    say(f"space {space['name']} is removed")
    return Exit.OK
