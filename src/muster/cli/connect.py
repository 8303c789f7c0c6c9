"""`muster connect`: ready commands for the next machine."""

import argparse
import os
from pathlib import Path
from typing import Any

from muster.cli.arguments import (
    Commands,
    Parser,
    add_command,
    add_json,
    duration,
    label,
    positive,
)
from muster.cli.exits import Exit
from muster.cli.hub_client import Hub, hub_of
from muster.cli.output import counted, format_time, print_json, print_table, say
from muster.cli.proxyoption import add_proxy, proxy_of
from muster.cli.space import add_space, space_id
from muster.cli.token import say_new_rooms
from muster.errors import InputError

PATH = "/api/v1/connect"
ENVIRONMENTS = (
    "linux", "docker", "compose", "kubernetes", "macos", "ansible", "telegraf", "installer",
    "netdata", "netdata-script", "netdata-docker", "netdata-compose", "netdata-kubernetes",
)  # fmt: skip


def add(commands: Commands) -> None:
    parser = add_command(
        commands,
        "connect",
        _connect,
        "Print ready commands by which a machine joins, with a new token in them",
        details="What is printed lets machines in: treat it like a password until it is used.\n"
        "The first time takes some seconds: the hub packs what machines install.\n"
        "Without an environment it is a line for Linux. Netdata agents come by claim.conf\n"
        "(netdata, of 2.x), their own script (netdata-script, of 1.x), or in containers.",
        examples=(
            "muster connect",
            "muster connect docker --room lab --ttl 10m",
            "muster connect netdata --room lab",
            "muster connect netdata-compose --out ./netdata",
            "muster connect --space Customers --room web --host 'web-*'",
            "muster connect --environment compose --out ./agent",
            "muster connect --list",
        ),
    )
    parser.add_argument(
        "where",
        nargs="?",
        choices=ENVIRONMENTS,
        metavar="ENVIRONMENT",
        help=f"where the machine lives: {', '.join(ENVIRONMENTS)}",
    )
    parser.add_argument("--environment", choices=ENVIRONMENTS, help="the same as an option")
    parser.add_argument("--list", action="store_true", help="what this hub can connect")
    parser.add_argument(
        "--out", type=Path, metavar="DIR", help="write the files there (without it: print them)"
    )
    add_token_options(parser)
    add_json(parser)


def add_token_options(parser: Parser) -> None:
    """What `connect` and `installer` share."""
    parser.add_argument(
        "--room",
        action="append",
        default=[],
        help="room the node joins (repeat for more); made when there is none of that name",
    )
    parser.add_argument(
        "--ttl", type=duration, metavar="TIME", help="how long the token may be used (default 1h)"
    )
    parser.add_argument(
        "--url", default="", metavar="URL", help="by which address the machine reaches this hub"
    )
    parser.add_argument(
        "--label",
        action="append",
        default=[],
        type=label,
        metavar="KEY=VALUE",
        help="label of its nodes (repeat for more)",
    )
    parser.add_argument(
        "--ephemeral",
        type=duration,
        metavar="TIME",
        help="its nodes leave the list this long after they were last seen",
    )
    add_proxy(parser, "none, env, http://host:port or socks5://…")
    parser.add_argument(
        "--uses", type=positive, default=1, metavar="N", help="how many machines may join with it"
    )
    parser.add_argument(
        "--network", action="append", default=[], help="only from there, as 10.1.0.0/16 (repeat)"
    )
    parser.add_argument(
        "--host",
        action="append",
        default=[],
        metavar="PATTERN",
        help="only machines with such a host name, as 'web-*' (repeat)",
    )
    parser.add_argument(
        "--per-hour", type=positive, default=0, metavar="N", help="nodes in any hour at most"
    )
    parser.add_argument("--description", default="", metavar="TEXT", help="what it is for")
    add_space(parser, "the space the nodes join")


def body_of(hub: Hub, options: argparse.Namespace, environment: str) -> dict[str, Any]:
    """What the hub is asked."""
    body: dict[str, Any] = {
        "environment": environment,
        "rooms": options.room,
        "uses": options.uses,
        "url": options.url,
        "proxy": proxy_of(options, os.environ) or "",
    }
    if options.ttl is not None:
        body["ttl_s"] = options.ttl.total_seconds()
    if options.ephemeral is not None:
        body["ephemeral_s"] = int(options.ephemeral.total_seconds())
    more = {
        "labels": dict(options.label),
        "networks": options.network,
        "hosts": options.host,
        "per_hour": options.per_hour,
        "description": options.description,
        "space": space_id(hub, options),
    }
    return body | {key: value for key, value in more.items() if value}


def _connect(options: argparse.Namespace) -> int:
    hub = hub_of(options)
    if options.list:
        return _list(hub.get(PATH), options)
    made = hub.post(PATH, body_of(hub, options, _environment(options)))
    say_new_rooms(hub, made["token"], options)
    if options.json:
        print_json(made)
        return Exit.OK
    token = made["token"]
    say(
        f"valid until {format_time(token['expires_ns'])}, {counted(token['uses'], 'use')};"
        " shown only once"
    )
    for file in made["files"]:
        _give(file, options.out)
    for command in made["commands"]:
        print(f"# {command['title']}\n{command['text']}\n")
    return Exit.OK


def _environment(options: argparse.Namespace) -> str:
    """Errors: InputError."""
    if options.where and options.environment not in (None, options.where):
        raise InputError(f"either {options.where} or {options.environment}: one line is for one")
    environment: str = options.where or options.environment or "linux"
    if environment == "installer":
        raise InputError("an installer is for one machine by name: muster installer NAME")
    return environment


def _list(found: dict[str, Any], options: argparse.Namespace) -> int:
    if options.json:
        print_json(found)
        return Exit.OK
    rows = [
        (each["environment"], each["title"], each["reason"] or "ready")
        for each in found["environments"]
    ]
    print_table(("ENVIRONMENT", "NAME", "STATE"), rows, "None.")
    for text in found["missing"]:
        say(f"missing: {text}")
    return Exit.OK


def _give(file: dict[str, str], folder: Path | None) -> None:
    if folder is None:
        print(f"# {file['name']}\n{file['text']}")
        return
    path = folder / file["name"]
    write_private(path, file["text"])
    say(f"wrote {path}")


def write_private(path: Path, text: str) -> None:
    """A file with a token in it is its owner's alone. Errors: InputError."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
            stream.write(text)
    except FileExistsError as error:
        raise InputError(f"{path} is there already; remove it or choose another --out") from error
    except OSError as error:
        raise InputError(f"{path} cannot be written: {error.strerror}") from error
