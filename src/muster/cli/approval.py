"""`muster approval`: machines that wait to be let in."""

import argparse
from typing import Any

from muster.cli.arguments import Commands, add_command, add_group, add_json
from muster.cli.exits import Exit
from muster.cli.hub_client import Hub, hub_of
from muster.cli.output import format_time, print_json, print_record, print_table, tell
from muster.errors import Conflict, NotFound
from muster.model.ids import is_uuid

_PATH = "/api/v1/approvals"
_NEXT = {
    "muster": "it becomes live when the machine asks next",
    "netdata": "claim it once more: Netdata agents do not ask again by themselves",
}


def add(commands: Commands) -> None:
    group = add_group(commands, "approval", "Machines that wait to be let in")
    list_ = add_command(
        group,
        "list",
        _list,
        "List who waits, newest first",
        examples=("muster approval list", "muster approval list --all --json"),
    )
    list_.add_argument("--all", action="store_true", help="with those who were decided")
    add_json(list_)
    show = add_command(
        group,
        "show",
        _show,
        "Show a waiting machine with its evidence",
        examples=("muster approval show web-01",),
    )
    show.add_argument("id", metavar="ID|NAME", help="as in muster approval list")
    add_json(show)
    approve = add_command(
        group,
        "approve",
        _approve,
        "Let a waiting machine in",
        details="A machine that looks like a node that is away takes --as: `existing` goes on"
        "\nwith that node and its history, `new` makes another one.",
        examples=(
            "muster approval approve web-01",
            "muster approval approve 3f0c6a52-… --as existing --note 'new disk'",
            "muster approval approve web-01 --name web-09 --room lab --room edge",
        ),
    )
    approve.add_argument("id", metavar="ID|NAME", help="as in muster approval list")
    approve.add_argument(
        "--as",
        dest="as_",
        choices=("new", "existing"),
        default="",
        help="needed for a machine that looks like a node",
    )
    approve.add_argument("--note", default="", help="kept with the decision and in the audit log")
    approve.add_argument("--name", default=None, help="of the new node, in place of its own")
    approve.add_argument(
        "--room",
        action="append",
        default=None,
        metavar="NAME",
        help="of the new node, in place of its token's; may be repeated; 'All nodes' alone: none",
    )
    add_json(approve)
    deny = add_command(
        group,
        "deny",
        _deny,
        "Refuse a waiting machine; it is told",
        examples=("muster approval deny 3f0c6a52-… --note 'not one of ours'",),
    )
    deny.add_argument("id", metavar="ID|NAME", help="as in muster approval list")
    deny.add_argument("--note", default="", help="told to the machine")
    add_json(deny)


def _waiting_id(hub: Hub, wanted: str) -> str:
    """The id of who waits, by id or by the name of the machine. Errors: NotFound, Conflict."""
    if is_uuid(wanted):
        return wanted
    found = [each["id"] for each in hub.get(_PATH) if each["name"] == wanted]
    if not found:
        raise NotFound(f"nobody called {wanted!r} waits; who does: muster approval list")
    if len(found) > 1:
        raise Conflict(f"{len(found)} called {wanted!r} wait; use the id: {', '.join(found[:10])}")
    return str(found[0])


def _list(options: argparse.Namespace) -> int:
    query = {"state": "all"} if options.all else {}
    found = hub_of(options).get(_PATH, query)
    if options.json:
        print_json(found)
        return Exit.OK
    rows = [
        (
            each["id"],
            each["decision"] or "waiting",
            each["kind"],
            each["name"],
            each["address"],
            each["score"],
            format_time(each["created_ns"]),
            each["why"],
        )
        for each in found
    ]
    columns = ("ID", "STATE", "KIND", "NAME", "FROM", "SCORE", "SINCE", "WHY")
    print_table(columns, rows, "Nobody waits.")
    return Exit.OK


def _show(options: argparse.Namespace) -> int:
    hub = hub_of(options)
    found = hub.get(f"{_PATH}/{_waiting_id(hub, options.id)}")
    if options.json:
        print_json(found)
    else:
        _print(found)
    return Exit.OK


def _print(found: dict[str, Any]) -> None:
    like = found["looks_like"]
    print_record(
        {
            "id": found["id"],
            "state": found["decision"] or f"waiting until {format_time(found['expires_ns'])}",
            "kind": found["kind"],
            "wire": found["dialect"],
            "name": found["name"],
            "looks like": like and f"{like['name']} ({like['id']})",
            "why": found["why"],
            "from": found["address"],
            "system": found["facts"]["os"],
            "space": found["space"]["name"],
            "rooms": [room["name"] for room in found["rooms"]],
            "labels": [f"{key}={value}" for key, value in found["labels"].items()],
            "token": found["token"],
            "key": found["key_sha256"],
            "score": f"{found['score']} of 100",
            "decided": found["decided_by"]
            and f"by {found['decided_by']} at {format_time(found['decided_ns'])}",
            "note": found["note"],
            "node": found["node"],
        }
    )
    print()
    rows = [
        ("yes" if each["verified"] else "no", each["points"], each["text"])
        for each in found["reasons"]
    ]
    print_table(("VERIFIED", "POINTS", "EVIDENCE"), rows, "It shows no evidence.")


def _approve(options: argparse.Namespace) -> int:
    body = {"as": options.as_, "note": options.note}
    if options.name is not None:
        body["name"] = options.name
    if options.room is not None:
        body["rooms"] = options.room
    hub = hub_of(options)
    found = hub.post(f"{_PATH}/{_waiting_id(hub, options.id)}/approve", body)
    return tell(options, found, f"{found['name']} is let in; {_NEXT[found['dialect']]}")


def _deny(options: argparse.Namespace) -> int:
    hub = hub_of(options)
    path = f"{_PATH}/{_waiting_id(hub, options.id)}/deny"
    found = hub.post(path, {"note": options.note})
    return tell(options, found, f"{found['name']} is refused")
