"""`muster dashboard link`: public links to a dashboard."""

import argparse

from muster.cli.arguments import Commands, Parser, add_command, add_group, add_json
from muster.cli.exits import Exit
from muster.cli.hub_client import Hub, hub_of
from muster.cli.output import format_time, print_json, print_table, say, tell
from muster.cli.space import add_space, own_space

_WHAT = "Whoever has a link sees that dashboard without signing in, and nothing else of the hub."


def add(commands: Commands) -> None:
    group = add_group(commands, "link", "Public links to a dashboard")
    create = add_command(
        group,
        "create",
        _create,
        "Make a public link",
        details=_WHAT,
        examples=("muster dashboard link create few-systems --name hall --days 30",),
    )
    create.add_argument("--name", default="", help="what it is for")
    create.add_argument(
        "--days", type=_days, default=30, help="until it ends (default 30; 0: never)"
    )
    _add_common(create)
    listing = add_command(
        group,
        "list",
        _list,
        "List public links to a dashboard",
        examples=("muster dashboard link list few-systems",),
    )
    _add_common(listing)
    revoke = add_command(
        group,
        "revoke",
        _revoke,
        "End a public link at once",
        examples=("muster dashboard link revoke few-systems mzxw6ytboi2dk3lp",),
    )
    _add_common(revoke)
    revoke.add_argument("link", metavar="LINK", help="its id, as in muster dashboard link list")


def _add_common(parser: Parser) -> None:
    parser.add_argument("id", metavar="DASHBOARD", help="as in muster dashboard list")
    add_space(parser, "the space it is of")
    add_json(parser)


def _days(text: str) -> int:
    if not text.isdecimal() or int(text) > 3_650:
        raise argparse.ArgumentTypeError(f"not a whole number of days, 0 to 3650: {text!r}")
    return int(text)


def _path(hub: Hub, options: argparse.Namespace) -> str:
    return f"/api/v1/spaces/{own_space(hub, options)['id']}/dashboards/{options.id}/links"


def _create(options: argparse.Namespace) -> int:
    hub = hub_of(options)
    made = hub.post(_path(hub, options), {"name": options.name, "days": options.days})
    if options.json:
        print_json(made)
        return Exit.OK
    until = format_time(made["link"]["expires_ns"])
    say(
        f"public link {made['link']['id']} to {options.id},"
        f" {'until ' + until if until else 'until it is revoked'}; shown only once"
    )
    print(made["url"])
    return Exit.OK


def _list(options: argparse.Namespace) -> int:
    hub = hub_of(options)
    links = hub.get(_path(hub, options))
    if options.json:
        print_json(links)
        return Exit.OK
    rows = [
        (
            link["id"],
            link["name"],
            link["created_by"],
            link["state"],
            format_time(link["expires_ns"]) or "never",
            format_time(link["used_ns"]) or "never",
        )
        for link in links
    ]
    columns = ("ID", "FOR", "MADE BY", "STATE", "UNTIL", "LAST USED")
    print_table(columns, rows, "No public links.")
    return Exit.OK


def _revoke(options: argparse.Namespace) -> int:
    hub = hub_of(options)
    hub.delete(f"{_path(hub, options)}/{options.link}")
    return tell(
        options, {"id": options.link, "state": "revoked"}, f"public link {options.link} is revoked"
    )
