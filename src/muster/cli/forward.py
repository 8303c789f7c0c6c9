"""`muster forward`: where points are sent on to, and how it goes."""

import argparse
from typing import Any
from urllib.parse import quote

from muster.cli.arguments import Commands, add_command, add_group, add_json
from muster.cli.exits import Exit
from muster.cli.hub_client import hub_of
from muster.cli.output import format_time, print_json, print_table, say
from muster.errors import NotFound

_PATH = "/api/v1/forwards"
_LEFTOVER = "leftover"
_NOBODY = {"url": "", "failing": False, "sent_points": 0, "error": ""}
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
        "\nLEFT OVER: hub.toml names it no more, and points still wait; see `muster forward drop`."
        "\nDestinations come from [forward.NAME] in hub.toml and from CREATE SUBSCRIPTION.",
        examples=("muster forward list", "muster forward list --json"),
    )
    add_json(list_)
    drop = add_command(
        group,
        "drop",
        _drop,
        "Drop what waits for a neighbour that the settings name no more",
        details="It is not sent. Named again in hub.toml, it goes on where it was.",
        examples=("muster forward drop lab",),
    )
    drop.add_argument("name", help="as in `muster forward list`")


def _drop(options: argparse.Namespace) -> int:
    hub = hub_of(options)
    left = [lane for lane in hub.get(_PATH) if lane["title"]["kind"] == _LEFTOVER]
    found = next((lane for lane in left if lane["title"]["name"] == options.name), None)
    if found is None:
        names = ", ".join(lane["title"]["name"] for lane in left) or "none"
        raise NotFound(f"nothing is left over of {options.name!r}; leftovers: {names}")
    hub.delete(f"{_PATH}/{quote(found['id'], safe='')}")
    say(f"{found['queue']['waiting_points']} points for {options.name} are dropped")
    return Exit.OK


def _list(options: argparse.Namespace) -> int:
    found = hub_of(options).get(_PATH)
    if options.json:
        print_json(found)
        return Exit.OK
    rows = [_row(lane, one) for lane in found for one in lane["destinations"] or [_NOBODY]]
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
        _state(lane, one),
        queue["waiting_points"],
        queue["waiting_bytes"],
        format_time(since_ns) if since_ns else "",
        one["sent_points"],
        queue["refused_points"],
        queue["dropped_points"],
        one["error"] if one["failing"] else "",
    )


def _state(lane: dict[str, Any], one: dict[str, Any]) -> str:
    if lane["title"]["kind"] == _LEFTOVER:
        return "left over"
    return "failing" if one["failing"] else "ok"
