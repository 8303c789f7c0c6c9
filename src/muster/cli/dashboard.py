"""`muster dashboard`: dashboards of a space, as files."""

import argparse
import sys
from pathlib import Path
from typing import Any

from muster.cli import dashboardlink
from muster.cli.arguments import Commands, Parser, add_command, add_group, add_json
from muster.cli.dashboardfiles import BoardFile, located, read_board, read_text, write_text
from muster.cli.exits import Exit
from muster.cli.hub_client import Hub, hub_of
from muster.cli.output import format_time, print_json, print_record, print_table, say, tell
from muster.cli.space import add_space, own_space
from muster.errors import InputError

_WHERE = "the space it is of"


def add(commands: Commands) -> None:
    group = add_group(commands, "dashboard", "Dashboards: pages of panels, as files")
    listing = add_command(
        group,
        "list",
        _list,
        "List dashboards; those built in come with the hub",
        examples=("muster dashboard list", "muster dashboard list --space Customers --json"),
    )
    _add_common(listing, "of this space")
    show = add_command(
        group,
        "show",
        _show,
        "Show a dashboard with its panels",
        examples=("muster dashboard show few-systems",),
    )
    show.add_argument("id", metavar="ID", help="as in muster dashboard list")
    _add_common(show, _WHERE)
    _add_apply(group)
    _add_export(group)
    remove = add_command(
        group,
        "remove",
        _remove,
        "Remove a dashboard; a built-in of the same id shows again",
        examples=("muster dashboard remove disks",),
    )
    remove.add_argument("id", metavar="ID", help="as in muster dashboard list")
    _add_common(remove, _WHERE)
    _add_import(group)
    dashboardlink.add(group)


def _add_apply(group: Commands) -> None:
    parser = add_command(
        group,
        "apply",
        _apply,
        "Keep dashboards as the files say",
        details="All files are checked before the first is kept: a fault names file, line and key.",
        examples=(
            "muster dashboard apply disks.toml",
            "muster dashboard apply boards/disks.toml boards/web.toml --dry-run",
        ),
    )
    parser.add_argument("files", metavar="FILE", type=Path, nargs="+", help="- for standard input")
    parser.add_argument("--dry-run", action="store_true", help="say what would change; do nothing")
    _add_common(parser, "the space to keep them in")


def _add_export(group: Commands) -> None:
    parser = add_command(
        group,
        "export",
        _export,
        "Print a dashboard as a file",
        examples=(
            "muster dashboard export few-systems > few-systems.toml",
            "muster dashboard export few-systems --format grafana --output few-systems.json",
        ),
    )
    parser.add_argument("id", metavar="ID", help="as in muster dashboard list")
    parser.add_argument(
        "--format", choices=("toml", "grafana"), default="toml", help="default: toml"
    )
    parser.add_argument("--output", metavar="FILE", type=Path, help="in place of standard output")
    _add_common(parser, _WHERE)


def _add_import(group: Commands) -> None:
    parser = add_command(
        group,
        "import-grafana",
        _import,
        "Keep a dashboard that was exported from Grafana",
        details="Queries to InfluxDB and to Prometheus come along; what cannot come is listed.",
        examples=(
            "muster dashboard import-grafana systems.json --dry-run",
            "muster dashboard import-grafana systems.json --id systems",
        ),
    )
    parser.add_argument("file", metavar="FILE", type=Path, help="- for standard input")
    parser.add_argument("--id", metavar="ID", help="its id (default: made of its title)")
    parser.add_argument("--replace", action="store_true", help="also in place of one that is there")
    parser.add_argument("--dry-run", action="store_true", help="say what would become of it")
    _add_common(parser, "the space to keep it in")


def _add_common(parser: Parser, what: str) -> None:
    add_space(parser, what)
    add_json(parser)


def _path(hub: Hub, options: argparse.Namespace) -> str:
    return f"/api/v1/spaces/{own_space(hub, options)['id']}/dashboards"


def _list(options: argparse.Namespace) -> int:
    hub = hub_of(options)
    boards = hub.get(_path(hub, options))
    if options.json:
        print_json(boards)
        return Exit.OK
    rows = [
        (
            each["id"],
            each["title"],
            each["tags"],
            "built in" if each["built_in"] else format_time(each["changed_ns"]),
            each["links"] or "",
            each["error"],
        )
        for each in boards
    ]
    columns = ("ID", "TITLE", "TAGS", "CHANGED", "LINKS", "FAULT")
    print_table(columns, rows, "No dashboards.")
    return Exit.OK


def _show(options: argparse.Namespace) -> int:
    hub = hub_of(options)
    found = hub.get(f"{_path(hub, options)}/{options.id}")
    if options.json:
        print_json(found)
        return Exit.OK
    board = found["dashboard"]
    print_record(
        {
            "id": board["id"],
            "title": board["title"],
            "description": board["description"],
            "tags": board["tags"],
            "kept": "built in" if found["built_in"] else "in this space",
            "time": board["time"]["last"] if not board["time"]["start"] else board["time"]["start"],
            "refresh": board["refresh"],
            "variables": [f"${each['name']}" for each in board["variables"]],
            "etag": found["etag"],
        }
    )
    rows = [
        (each["id"], each["kind"], each["section"], each["title"], len(each["queries"]))
        for each in board["panels"]
    ]
    print()
    print_table(("PANEL", "KIND", "SECTION", "TITLE", "QUERIES"), rows, "No panels.")
    return Exit.OK


def _apply(options: argparse.Namespace) -> int:
    boards = [read_board(path) for path in options.files]
    twice = [each.id for at, each in enumerate(boards) if each.id in {b.id for b in boards[:at]}]
    if twice:
        raise InputError(f"two files are of the dashboard {twice[0]!r}")
    hub = hub_of(options)
    path = _path(hub, options)
    seen = {board.id: _etag(hub, path, board.id) for board in boards}
    found = [_put(hub, path, board, seen[board.id], dry=True) for board in boards]
    if not options.dry_run:
        found = [_put(hub, path, board, seen[board.id], dry=False) for board in boards]
    if options.json:
        print_json(found)
        return Exit.OK
    words = "would be " if options.dry_run else ""
    for board, saved in zip(boards, found, strict=True):
        change = saved["change"]
        said = change if change == "unchanged" else f"{words}{change}"
        say(f"{board.file}: dashboard {board.id} {said}")
    return Exit.OK


def _put(hub: Hub, path: str, board: BoardFile, seen: str, *, dry: bool) -> dict[str, Any]:
    try:
        where = f"{path}/{board.id}{'?dry_run=1' if dry else ''}"
        saved: dict[str, Any] = hub.put(where, board.document, seen=seen)
    except InputError as error:
        raise located(error, board) from error
    return saved


def _etag(hub: Hub, path: str, id: str) -> str:
    """Of what is there; empty for nothing, `*` where it cannot be used."""
    rows = [each for each in hub.get(path) if each["id"] == id]
    return (rows[0]["etag"] or "*") if rows else ""


def _export(options: argparse.Namespace) -> int:
    hub = hub_of(options)
    made = hub.post(f"{_path(hub, options)}/{options.id}/export", {"format": options.format})
    for note in made["not_carried"]:
        say(f"not carried over: {note}")
    if options.output:
        write_text(options.output, made["text"])
    if options.json:
        print_json(made)
    elif not options.output:
        sys.stdout.write(made["text"])
    return Exit.OK


def _remove(options: argparse.Namespace) -> int:
    hub = hub_of(options)
    hub.delete(f"{_path(hub, options)}/{options.id}")
    return tell(
        options, {"id": options.id, "change": "removed"}, f"dashboard {options.id} is removed"
    )


def _import(options: argparse.Namespace) -> int:
    text = read_text(options.file)
    if not text.lstrip().startswith("{"):
        raise InputError(f"{options.file}: no JSON; for a file of ours: muster dashboard apply")
    hub = hub_of(options)
    path = _path(hub, options)
    read = hub.post(f"{path}/import", {"text": text})
    board = read["dashboard"] | ({"id": options.id} if options.id else {})
    seen = _etag(hub, path, board["id"])
    if seen and not options.replace and not options.dry_run:
        raise InputError(
            f"there is a dashboard {board['id']!r} already: give --replace, or another --id"
        )
    query = "?dry_run=1" if options.dry_run else ""
    saved = hub.put(f"{path}/{board['id']}{query}", board, seen=seen)
    if options.json:
        print_json(saved | {"not_carried": read["not_carried"], "dashboard": board})
        return Exit.OK
    for note in read["not_carried"]:
        say(f"not carried over: {note}")
    words = "would be " if options.dry_run else ""
    say(f"dashboard {board['id']} {words}{saved['change']}, {len(board['panels'])} panels")
    return Exit.OK
