"""`muster connect`: ready commands for the next machine."""

import argparse
from pathlib import Path
from typing import Any

from muster.cli.arguments import (
    Commands,
    Parser,
    add_command,
    add_json,
    duration,
    positive,
)
from muster.cli.exits import Exit
from muster.cli.hub_client import hub_of
from muster.cli.output import format_time, print_json, print_table, say
from muster.errors import InputError

PATH = "/api/v1/connect"
ENVIRONMENTS = (
    "linux", "docker", "compose", "kubernetes", "macos", "ansible", "telegraf", "installer",
)  # fmt: skip


def add(commands: Commands) -> None:
    parser = add_command(
        commands,
        "connect",
        _connect,
        "Print ready commands by which a machine joins, with a new token in them",
        details="What is printed lets machines in: treat it like a password until it is used.\n"
        "Without --environment it is a line for Linux.",
        examples=(
            "muster connect",
            "muster connect --environment docker --room lab --ttl 10m",
            "muster connect --environment compose --out ./agent",
            "muster connect --list",
        ),
    )
    parser.add_argument(
        "--environment", choices=ENVIRONMENTS, default="linux", help="where the machine lives"
    )
    parser.add_argument("--list", action="store_true", help="what this hub can connect")
    parser.add_argument(
        "--out", type=Path, metavar="DIR", help="write the files there (without it: print them)"
    )
    add_token_options(parser)
    add_json(parser)


def add_token_options(parser: Parser) -> None:
    """What `connect` and `installer` share."""
    parser.add_argument(
        "--room", action="append", default=[], help="room the node joins (repeat for more)"
    )
    parser.add_argument("--ttl", type=duration, help="how long the token may be used (default 1h)")
    parser.add_argument("--url", default="", help="by which address the machine reaches this hub")
    parser.add_argument(
        "--label",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        help="label of its nodes (repeat for more)",
    )
    parser.add_argument("--ephemeral", type=duration, help="its nodes go so long after last seen")
    parser.add_argument("--proxy", default="", help="none, env, http://host:port or socks5://…")
    parser.add_argument(
        "--uses", type=positive, default=1, help="how many machines may join with it"
    )


def body_of(options: argparse.Namespace, environment: str) -> dict[str, Any]:
    """What the hub is asked."""
    body = {
        "environment": environment,
        "rooms": options.room,
        "uses": options.uses,
        "url": options.url,
        "proxy": options.proxy,
    }
    if options.ttl is not None:
        body["ttl_s"] = options.ttl.total_seconds()
    if options.ephemeral is not None:
        body["ephemeral_s"] = int(options.ephemeral.total_seconds())
    if options.label:
        body["labels"] = dict(_label(text) for text in options.label)
    return body


def _label(text: str) -> tuple[str, str]:
    key, equals, value = text.partition("=")
    if not equals:
        raise InputError(f"--label takes KEY=VALUE, like site=berlin: {text!r}")
    return key, value


def _connect(options: argparse.Namespace) -> int:
    hub = hub_of(options)
    if options.list:
        return _list(hub.get(PATH), options)
    if options.environment == "installer":
        raise InputError("an installer is for one machine by name: muster installer NAME")
    made = hub.post(PATH, body_of(options, options.environment))
    if options.json:
        print_json(made)
        return Exit.OK
    token = made["token"]
    say(f"valid until {format_time(token['expires_ns'])}, {token['uses']} use(s); shown only once")
    for file in made["files"]:
        _give(file, options.out)
    for command in made["commands"]:
        print(f"# {command['title']}\n{command['text']}\n")
    return Exit.OK


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
    import os

    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
            stream.write(text)
    except FileExistsError as error:
        raise InputError(f"{path} is there already; remove it or choose another --out") from error
    except OSError as error:
        raise InputError(f"{path} cannot be written: {error.strerror}") from error
