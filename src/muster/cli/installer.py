"""`muster installer`: one file that installs and claims one machine."""

import argparse
import json
import os
import tomllib
from pathlib import Path

from muster.cli.arguments import Commands, add_command, add_json
from muster.cli.clientenv import read_client_env, url_of
from muster.cli.connect import PATH, add_token_options, body_of
from muster.cli.exits import Exit
from muster.cli.hub_client import Hub, hub_of
from muster.cli.node import find_node
from muster.cli.nodesettings import compare, print_differences
from muster.cli.output import format_time, print_json, say
from muster.cli.proxyoption import proxy_of
from muster.cli.token import say_new_rooms
from muster.config import flatten, load
from muster.errors import InputError

_MAX_BYTES = 131_072


def add(commands: Commands) -> None:
    parser = add_command(
        commands,
        "installer",
        _installer,
        "Print an installer file for one machine",
        details="It holds the agent's settings and a claim token that lets one machine in. It\n"
        "holds no private key and no password of anybody: the machine makes its own key.",
        examples=(
            "muster installer web-01 > install-on-web-01.sh",
            "muster installer web-01 --preview",
            "muster installer web-02 --config agent.toml --diff web-01",
            "muster installer web-01 --config agent.toml --set log_level=debug --ttl 2h > i.sh",
            "muster installer web-01 --env scripts-clientmon/.env > install-on-web-01.sh",
        ),
    )
    parser.add_argument("name", help="host name of the machine")
    parser.add_argument(
        "--preview", action="store_true", help="make no token; show the file without one"
    )
    parser.add_argument(
        "--diff",
        metavar="NODE",
        help="make nothing; show what differs from the settings that this node runs with",
    )
    parser.add_argument(
        "--config", type=Path, metavar="FILE", help="settings of its agent (TOML) to put in"
    )
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        help="one setting more, like log_level=debug (repeat for more)",
    )
    parser.add_argument(
        "--template", type=Path, metavar="FILE", help="a template of your own for this machine"
    )
    parser.add_argument(
        "--env",
        type=Path,
        metavar="FILE",
        help="the .env of a client of the home stack (keydir, cacert, server): its server is used",
    )
    add_token_options(parser)
    add_json(parser)


def _installer(options: argparse.Namespace) -> int:
    hub = hub_of(options)
    if options.diff:
        return _diff(hub, options)
    if options.env and not options.url:
        options.url = _url(options, hub)
    body = body_of(hub, options, "installer") | {
        "name": options.name,
        "config": _settings(options),
        "template": _text(options.template) if options.template else "",
        "preview": options.preview,
    }
    made = hub.post(PATH, body)
    if options.json:
        print_json(made)
        return Exit.OK
    if token := made["token"]:
        say_new_rooms(hub, token, options)
        say(f"lets one machine in until {format_time(token['expires_ns'])}; shown only once")
    print(made["files"][0]["text"], end="")
    return Exit.OK


def _diff(hub: Hub, options: argparse.Namespace) -> int:
    """The settings that would stand in the file, beside those of a node."""
    other = find_node(hub, options.diff)
    body = {"config": _settings(options), "proxy": proxy_of(options, os.environ) or ""}
    found = compare(hub, other["id"], body)
    if options.json:
        print_json(found)
    else:
        print_differences((other["name"], f"installer {options.name}"), found)
    return Exit.OK


def _url(options: argparse.Namespace, hub: Hub) -> str:
    """The hub's address by the name that the file has for its server."""
    env = read_client_env(options.env, options.name)
    for note in env.notes:
        say(note)
    return url_of(env.server, hub.get(PATH)["urls"])


def _settings(options: argparse.Namespace) -> str:
    """What `--set` says stands before the file's tables, where dotted keys belong."""
    lines = []
    for each in options.set:
        key, equals, value = each.partition("=")
        if not equals or not key.replace("_", "").replace(".", "").isalnum():
            raise InputError(f"--set takes KEY=VALUE, like log_level=debug: {each!r}")
        lines.append(f"{key} = {_toml(value)}\n")
    return _checked("".join(lines) + (_text(options.config) if options.config else ""))


def _checked(text: str) -> str:
    """The text. The machine's agent would not start on settings that it does not know."""
    from muster.agent.settings import AgentSettings

    try:
        given = flatten(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise InputError(f"the settings are not TOML: {error}") from error
    load(AgentSettings, flags=given)
    return text


def _toml(value: str) -> str:
    """A value as TOML has it: numbers, booleans and lists as they are, all else a string."""
    if value in ("true", "false") or value.isdecimal() or value.startswith("["):
        return value
    return json.dumps(value)


def _text(path: Path) -> str:
    try:
        with path.open(encoding="utf-8") as stream:
            return stream.read(_MAX_BYTES + 1)
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise InputError(f"{path} cannot be read: not UTF-8") from error
