"""`muster hub`: the hub alone, without an agent beside it."""

import argparse
import os
import shlex
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from muster.cli.arguments import Commands, Parser, add_command, add_data
from muster.cli.ephemeral import add_ephemeral, folder_of_run
from muster.cli.exits import Exit
from muster.cli.output import print_json, say

if TYPE_CHECKING:
    from muster.config import Loaded
    from muster.faces.native.hub import ConfigRow
    from muster.hub.places import ReadyInfo
    from muster.hub.settings import Settings


def add(commands: Commands) -> None:
    parser = add_command(
        commands,
        "hub",
        _hub,
        "Run a hub without an agent of its own",
        examples=("muster hub --data /srv/muster", "muster hub --config hub.toml --port-base 8440"),
    )
    add_options(parser)


def add_options(parser: Parser) -> None:
    """Options that `muster hub` and `muster up` share."""
    add_data(parser, "the hub")
    add_ephemeral(parser)
    parser.add_argument(
        "--port-base",
        type=int,
        metavar="N",
        help="web UI on N, agents on N+1, claims on N+2 (default 7443)",
    )
    parser.add_argument(
        "--netdata-port",
        type=int,
        metavar="N",
        help="Netdata agents on a port of their own; the web UI's takes them anyway",
    )
    parser.add_argument(
        "--influx-port",
        type=int,
        metavar="N",
        help="Telegraf and other clients of InfluxDB on a port of their own",
    )
    parser.add_argument(
        "--influx-auth",
        choices=("mtls", "password", "off"),
        help="how they show who they are: certificate (default), password or token, or not"
        " at all, on loopback only",
    )
    parser.add_argument("--config", type=Path, metavar="FILE", help="settings (TOML)")
    parser.add_argument(
        "--json", action="store_true", help="print one JSON line when ready, log JSON lines"
    )


def settings_of(options: argparse.Namespace) -> "Loaded[Settings]":
    """Defaults, file, environment, flags. Without --config, DIR/hub.toml if it is there."""
    import msgspec

    from muster.cli.places import hub_data
    from muster.config import load
    from muster.hub.settings import Settings, check

    data = hub_data(options)
    loaded = load(
        Settings,
        file=options.config or _beside(data),
        environment=os.environ,
        flags={
            "data": options.data,
            "listen.port_base": getattr(options, "port_base", None),
            "netdata.port": getattr(options, "netdata_port", None),
            "influx.port": getattr(options, "influx_port", None),
            "influx.auth": getattr(options, "influx_auth", None),
        },
        defaults={"data": data},
    )
    loaded.value = msgspec.structs.replace(loaded.value, data=loaded.value.data.absolute())
    check(loaded.value)
    return loaded


def _beside(data: Path) -> Path | None:
    file = data / "hub.toml"
    return file if file.is_file() else None


def config_rows(loaded: "Loaded[Settings]") -> "Sequence[ConfigRow]":
    """The settings in force, as the hub shows them."""
    from muster.faces.native.hub import ConfigRow

    return [ConfigRow(key=key, value=value, origin=origin) for key, value, origin in loaded.rows()]


class Announcer:
    """Says that the hub is ready: one JSON line for scripts, a few lines for people."""

    def __init__(self, *, as_json: bool) -> None:
        self._as_json = as_json

    def __call__(self, ready: "ReadyInfo") -> None:
        line: dict[str, Any] = {
            "ready": True,
            "web": ready.web,
            "agents": ready.agents,
            "enrol": ready.enrol,
            "data": ready.data,
        }
        if ready.netdata:
            line["netdata"] = ready.netdata
        if ready.influx:
            line["influx"] = ready.influx
        if self._as_json:
            print_json(line)
            return
        say("")
        say(f"  Muster is ready   {ready.web}")
        if ready.password_file:
            say(f"  Sign in as        admin, with the password in {ready.password_file}")
        say(f"  Agents connect to {ready.agents}; they join at {ready.enrol}")
        if ready.netdata:
            say(f"  Netdata agents    join and connect at https://{ready.netdata}")
        if ready.influx:
            say(f"  Telegraf writes   to {ready.influx}")
        say(f"  Next machine      {shlex.join((_program(), '--data', str(ready.data), 'connect'))}")
        say("  Stop              Ctrl C")
        say("")


def _program() -> str:
    """By what name this program is called again: a checkout's is in no folder of PATH."""
    return "muster" if shutil.which("muster") else sys.argv[0]


def set_up_log(options: argparse.Namespace, level: str) -> None:
    from muster import log

    log.set_up(level, sys.stderr, as_json=True if options.json else None)


def _hub(options: argparse.Namespace) -> int:
    from muster.clock import SystemClock
    from muster.hub.app import Hub
    from muster.hub.runner import serve

    with folder_of_run(options):
        loaded = settings_of(options)
        set_up_log(options, loaded.value.log_level)
        hub = Hub(loaded.value, clock=SystemClock(), config=config_rows(loaded))
        serve(hub, Announcer(as_json=options.json))
    return Exit.OK
