"""`muster node`: the machines, their links and credentials."""

import argparse
from datetime import timedelta
from typing import Any

from muster.cli.arguments import Commands, Parser, add_command, add_group, add_json, duration
from muster.cli.clones import add_clones
from muster.cli.exits import Exit
from muster.cli.hub_client import Hub, hub_of
from muster.cli.noderooms import add_rooms
from muster.cli.nodesettings import add_settings
from muster.cli.output import (
    format_ago,
    format_time,
    print_json,
    print_record,
    print_table,
    say,
    tell,
)
from muster.cli.room import label
from muster.cli.space import add_space, space_id
from muster.clock import SystemClock
from muster.errors import Conflict, InputError, NotFound


def add(commands: Commands) -> None:
    group = add_group(commands, "node", "Machines that joined")
    listing = add_command(
        group,
        "list",
        _list,
        "List nodes with state, link and credential",
        examples=("muster node list", "muster node list --room lab --json"),
    )
    listing.add_argument("--room", help="only nodes of this room")
    listing.add_argument("--state", help="only nodes in this state (live, stale, offline, …)")
    add_space(listing, "only nodes of this space")
    add_json(listing)
    show = add_command(group, "show", _show, "Show one node", examples=("muster node show web-01",))
    _add_node(show)
    add_json(show)
    change = add_command(
        group,
        "set",
        _set,
        "Change the labels of a node, or how long it may stay away",
        examples=(
            "muster node set web-01 --label site=berlin --no-label old",
            "muster node set build-7 --ephemeral 2h",
            "muster node set build-7 --ephemeral never",
        ),
    )
    _add_node(change)
    change.add_argument(
        "--label", metavar="KEY=VALUE", type=label, action="append", default=[], help="(repeat)"
    )
    change.add_argument(
        "--no-label", metavar="KEY", action="append", default=[], help="take a label away (repeat)"
    )
    change.add_argument(
        "--ephemeral",
        type=_away,
        metavar="TIME",
        help="it leaves the list this long after it was last seen; never: it stays",
    )
    add_json(change)
    rename = add_command(
        group,
        "rename",
        _rename,
        "Give a node another name",
        examples=("muster node rename vm web-01",),
    )
    _add_node(rename)
    rename.add_argument("name", metavar="NEW", help="its new name")
    add_json(rename)
    add_rooms(group, find_node)
    revoke = add_command(
        group,
        "revoke",
        _revoke,
        "Refuse a node for good; its history stays",
        examples=("muster node revoke web-01 --reason 'disk sold'",),
    )
    _add_node(revoke)
    revoke.add_argument("--reason", default="", help="kept with the node and in the audit log")
    add_json(revoke)
    remove = add_command(
        group,
        "remove",
        _remove,
        "Revoke a node and forget it",
        examples=("muster node remove web-01",),
    )
    _add_node(remove)
    add_settings(group, find_node)
    add_clones(group)


def _add_node(parser: Parser) -> None:
    parser.add_argument("node", metavar="ID", help="id or name of the node")


def find_node(hub: Hub, wanted: str) -> dict[str, Any]:
    """One node by id or name. Errors: NotFound; Conflict when a name is not unique."""
    nodes = hub.get("/api/v1/nodes")
    found = [node for node in nodes if wanted in (node["id"], node["name"])]
    if not found:
        names = ", ".join(sorted(node["name"] for node in nodes)[:10])
        raise NotFound(f"no node {wanted!r}" + (f"; there are {names}" if names else ""))
    if len(found) > 1:
        ids = ", ".join(f"{node['id']} ({node['space']['name']})" for node in found[:10])
        raise Conflict(f"{len(found)} nodes are called {wanted!r}; use the id: {ids}")
    node: dict[str, Any] = found[0]
    return node


def outline(node: dict[str, Any]) -> dict[str, Any]:
    """The stable shape of `muster node list --json`."""
    link, credential = node["link"] or {}, node["credential"]
    return {
        "id": node["id"],
        "name": node["name"],
        "space": node["space"]["name"],
        "rooms": [room["name"] for room in node["rooms"]],
        "labels": node.get("labels", {}),
        "state": node["state"],
        "link": {
            "dialect": link.get("dialect"),
            "mode": link.get("mode"),
            "via": link.get("via") or None,
            "since": format_time(link.get("since_ns", 0)) or None,
            "last_seen": format_time(node["last_seen_ns"]) or None,
        },
        "credential": credential
        and {
            "serial": credential["serial"],
            "not_after": format_time(credential["not_after_ns"]),
            "sha256": credential["sha256"],
        },
    }


def _list(options: argparse.Namespace) -> int:
    hub = hub_of(options)
    query = {"room": options.room, "state": options.state, "space": space_id(hub, options)}
    nodes = hub.get("/api/v1/nodes", query)
    if options.json:
        print_json([outline(node) for node in nodes])
        return Exit.OK
    now_ns = SystemClock().now_ns()
    rows = [
        (
            node["state"],
            node["name"],
            node["space"]["name"],
            [room["name"] for room in node["rooms"]],
            (node["link"] or {}).get("address"),
            format_ago(node["last_seen_ns"], now_ns),
            _expiry(node["credential"], now_ns),
            node["id"],
        )
        for node in nodes
    ]
    columns = ("STATE", "NODE", "SPACE", "ROOMS", "FROM", "HEARD", "CERTIFICATE ENDS", "ID")
    print_table(columns, rows, "No nodes yet. Make a token: muster token create")
    return Exit.OK


def _leaves(ephemeral_s: int) -> str:
    return f"{ephemeral_s // 60} min unseen" if ephemeral_s else ""


def _expiry(credential: dict[str, Any] | None, now_ns: int) -> str:
    return format_ago(credential["not_after_ns"], now_ns) if credential else ""


def _show(options: argparse.Namespace) -> int:
    hub = hub_of(options)
    path = f"/api/v1/nodes/{find_node(hub, options.node)['id']}"
    node, marks = hub.get(path), hub.get(f"{path}/marks")
    if options.json:
        print_json(node | {"marks": marks})
        return Exit.OK
    facts, link, credential = node["facts"], node["link"] or {}, node["credential"] or {}
    print_record(
        {
            "node": node["name"],
            "id": node["id"],
            "state": f"{node['state']}: {node['cause']}" if node["cause"] else node["state"],
            "space": node["space"]["name"],
            "copies": _copies(node.get("clone")),
            "rooms": [room["name"] for room in node["rooms"]],
            "labels": [f"{key}={value}" for key, value in node["labels"].items()],
            "leaves after": _leaves(node["ephemeral_s"]),
            "system": _system(facts),
            "agent": facts["agent_version"],
            "link": f"{link.get('dialect')}, {link.get('mode')}, {link.get('tls')}",
            "from": link.get("address"),
            "since": format_time(link.get("since_ns", 0)),
            "round trip": f"{link.get('round_trip_ms', 0):.1f} ms",
            "unsent values": link.get("unsent"),
            "certificate": credential.get("serial"),
            "issued by": credential.get("issuer"),
            "valid until": format_time(credential.get("not_after_ns", 0)),
            "SHA-256": credential.get("sha256"),
            "began anew": [f"{format_time(each['time_ns'])} {each['text']}" for each in marks[:5]],
        }
    )
    return Exit.OK


def _system(facts: dict[str, Any]) -> str:
    """Empty before a node has said what it is."""
    if not facts["os"]:
        return ""
    return f"{facts['os']}, kernel {facts['kernel']}, {facts['cores']} cores"


def _away(text: str) -> timedelta:
    return timedelta(0) if text == "never" else duration(text)


def _set(options: argparse.Namespace) -> int:
    hub = hub_of(options)
    node = find_node(hub, options.node)
    body: dict[str, Any] = {}
    if options.label or options.no_label:
        kept = {key: own for key, own in node["labels"].items() if key not in options.no_label}
        body["labels"] = kept | dict(options.label)
    if options.ephemeral is not None:
        body["ephemeral_s"] = round(options.ephemeral.total_seconds())
    if not body:
        raise InputError("say what to set: --label, --no-label or --ephemeral")
    changed = hub.patch(f"/api/v1/nodes/{node['id']}", body)
    return tell(options, changed, f"{node['name']} is set")


def _copies(clone: dict[str, Any] | None) -> str:
    return f"{clone['text']} See: muster node clones" if clone else ""


def _rename(options: argparse.Namespace) -> int:
    hub = hub_of(options)
    path = f"/api/v1/nodes/{find_node(hub, options.node)['id']}"
    changed = hub.patch(path, {"name": options.name})
    return tell(options, changed, f"{options.node} is now {options.name}")


def _revoke(options: argparse.Namespace) -> int:
    hub = hub_of(options)
    node = find_node(hub, options.node)
    revoked = hub.post(f"/api/v1/nodes/{node['id']}/revoke", {"reason": options.reason})
    link = node["link"] or {}
    refused = "its agent is banned" if link.get("dialect") == "netdata" else "renewal is refused"
    text = f"{node['name']} is revoked: its link is cut, {refused}, its history stays"
    return tell(options, revoked, text)


def _remove(options: argparse.Namespace) -> int:
    hub = hub_of(options)
    node = find_node(hub, options.node)
    hub.delete(f"/api/v1/nodes/{node['id']}")
    say(f"{node['name']} is removed")
    return Exit.OK
