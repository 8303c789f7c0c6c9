"""`muster forward`: where points are sent on to, and how it goes."""

import argparse
from typing import Any

from muster.cli.arguments import Commands, add_command, add_group, add_json
from muster.cli.exits import Exit
from muster.cli.hub_client import hub_of
from muster.cli.output import format_time, print_json, print_table

_PATH = "/api/v1/forwards"
_COLUMNS = (
    "NAME",
    "OF",
    "TO",
    "STATE",
    "WAITING",
    "BYTES",
    "SINCE",
    "SENT",
    "REFUSED",
    "DROPPED",
    "ERROR",
)


def add(commands: Commands) -> None:
    group = add_group(commands, "forward", "Points that are sent on to others, and what waits")
    list_ = add_command(
        group,
        "list",
        _list,
        "List neighbours of the settings and subscriptions of databases",
        details="WAITING are points on disk that no destination has taken yet, BYTES what they take"
        "\nthere; REFUSED those that it never will take; DROPPED those that went because the queue"
        "\nwas at its limit."
        "\nDestinations come from [forward.NAME] in hub.toml and from CREATE SUBSCRIPTION.",
        examples=("muster forward list", "muster forward list --json"),
    )
    add_json(list_)


def _list(options: argparse.Namespace) -> int:
    found = hub_of(options).get(_PATH)
    if options.json:
        print_json(found)
        return Exit.OK
    rows = [_row(lane, one) for lane in found for one in lane["destinations"]]
    print_table(_COLUMNS, rows, "Points are sent on to nobody.")
    return Exit.OK


def _row(lane: dict[str, Any], one: dict[str, Any]) -> tuple[object, ...]:
    title, queue = lane["title"], lane["queue"]
    of = f"{title['database']}.{title['policy']} {title['mode']}" if title["database"] else "hub"
    since_ns = queue["waiting_since_ns"]
    return (
        title["name"],
        of,
        one["url"],
        "failing" if one["failing"] else "ok",
        queue["waiting_points"],
        queue["waiting_bytes"],
        format_time(since_ns) if since_ns else "",
        one["sent_points"],
        queue["refused_points"],
        queue["dropped_points"],
        one["error"] if one["failing"] else "",
    )
