"""`muster sign`: answer a request of a machine that cannot reach the hub."""

import argparse
import sys
from datetime import timedelta
from typing import Any

from muster.cli.arguments import Commands, add_command, add_json, duration
from muster.cli.exits import Exit
from muster.cli.files import read_text_file
from muster.cli.hub_client import hub_of
from muster.cli.output import format_time, print_json, print_record, print_table, say
from muster.cli.qr import add_qr, require_qr, show_codes
from muster.cli.space import add_space, space_id

_PATH = "/api/v1/air-gap"


def add(commands: Commands) -> None:
    sign = add_command(
        commands,
        "sign",
        _sign,
        "Answer a request of a machine that cannot reach the hub",
        details="The request was made by muster agent request, and is taken in there by muster\n"
        "agent import. Signing the same request again is the same node, until it is used.",
        examples=(
            "muster sign request.txt > response.txt",
            "muster sign --show request.txt               # what it says; nothing is signed",
            "muster sign --room vault --name safe-01 --lifetime 30d request.txt > response.txt",
            "muster sign - < scanned-codes.txt --png response",
        ),
    )
    sign.add_argument("file", help="file with the request, or with lines of its codes; - for stdin")
    sign.add_argument("--show", action="store_true", help="show what it says; sign nothing")
    sign.add_argument(
        "--room", action="append", default=[], help="room the node joins (repeat for more)"
    )
    sign.add_argument("--name", default="", help="of the node, in place of its host name")
    sign.add_argument(
        "--lifetime",
        type=duration,
        metavar="TIME",
        help="of the certificate, after the answer's way (default: as of other nodes)",
    )
    sign.add_argument(
        "--expires",
        type=duration,
        metavar="TIME",
        help="how long the answer may be on its way (default 7d)",
    )
    sign.add_argument(
        "--agents",
        default="",
        metavar="HOST:PORT",
        help="by which the machine reaches the hub's port for agents",
    )
    add_space(sign, "the space the node joins")
    add_qr(sign)
    add_json(sign)


def _sign(options: argparse.Namespace) -> int:
    from muster.wire.armour import MAX_TEXT, Kind, parse_armour

    require_qr(options)
    text = read_text_file(options.file, "request", MAX_TEXT)
    parse_armour(Kind.REQUEST, text)  # what is damaged need not travel to the hub
    hub = hub_of(options)
    if options.show:
        return _show(hub.post(f"{_PATH}/inspect", {"request": text}), options)
    body = {
        "request": text,
        "space": space_id(hub, options),
        "rooms": options.room,
        "name": options.name,
        "lifetime_s": _seconds(options.lifetime),
        "answer_s": _seconds(options.expires),
        "agents": options.agents,
    }
    made = hub.post(f"{_PATH}/sign", {key: value for key, value in body.items() if value})
    if options.json:
        print_json(made)
    elif not show_codes(options, Kind.RESPONSE, parse_armour(Kind.RESPONSE, made["response"])):
        sys.stdout.write(made["response"])
    _tell(made)
    if made["again"] and (options.name or options.room):
        say("its name and rooms stay as they are: muster node rename, muster node rooms")
    return Exit.OK


def _tell(made: dict[str, Any]) -> None:
    node = made["node"]
    known = ", which was known already" if made["again"] else ""
    say(f"for node {node['name']} ({node['id']}){known}")
    say(
        f"to be taken in until {format_time(made['expires_ns'])}; certificate until"
        f" {format_time(made['not_after_ns'])}; root {made['fingerprint']}"
    )


def _show(found: dict[str, Any], options: argparse.Namespace) -> int:
    if options.json:
        print_json(found)
        return Exit.OK
    node = found["node"]
    print_record(
        {
            "host": found["facts"]["hostname"],
            "system": found["facts"]["os"],
            "asks for": f"a new certificate of {node['name']}" if found["renews"] else "a node",
            "replaces": f"a certificate that is {found['replaces']}" if found["renews"] else "",
            "key": found["key_sha256"],
            "made": format_time(found["created_ns"]),
            "good until": format_time(found["expires_ns"]),
            "expects root": found["pins"],
            "signed": format_time(found["signed_ns"]),
            "node": node and f"{node['name']} ({node['id']})",
            "score": f"{found['score']} of 100",
        }
    )
    print()
    rows = [
        ("yes" if each["verified"] else "no", each["points"], each["text"])
        for each in found["reasons"]
    ]
    print_table(("VERIFIED", "POINTS", "EVIDENCE"), rows, "It shows no evidence.")
    return Exit.OK


def _seconds(span: timedelta | None) -> int:
    return int(span.total_seconds()) if span else 0
