"""`muster config`: what is in force, where it came from, whether a file would do."""

import argparse
from pathlib import Path

from muster.cli.arguments import Commands, Parser, add_command, add_data, add_group, add_json
from muster.cli.exits import Exit
from muster.cli.output import print_json, print_table, say


def add(commands: Commands) -> None:
    group = add_group(commands, "config", "Settings of hub and agent")
    check = add_command(
        group,
        "check",
        _check,
        "Check a settings file without touching what runs",
        examples=("muster config check --config hub.toml",),
    )
    show = add_command(
        group,
        "show",
        _show,
        "Show every setting, its value and where it came from",
        examples=("muster config show", "muster config show --agent --json"),
    )
    for parser in (check, show):
        _add_options(parser)
    add_json(show)


def _add_options(parser: Parser) -> None:
    add_data(parser, "the hub or agent")
    parser.add_argument("--config", type=Path, metavar="FILE", help="settings (TOML)")
    parser.add_argument("--agent", action="store_true", help="settings of the agent")


def _rows(options: argparse.Namespace) -> list[tuple[str, object, str]]:
    from muster.cli import agentsettings, hub

    return (
        agentsettings.settings_of(options).rows()
        if options.agent
        else hub.settings_of(options).rows()
    )


def _check(options: argparse.Namespace) -> int:
    rows = _rows(options)
    changed = sum(origin != "default" for _, _, origin in rows)
    say(f"good: {len(rows)} settings, {changed} of them not the default")
    return Exit.OK


def _show(options: argparse.Namespace) -> int:
    rows = _rows(options)
    if options.json:
        print_json([{"key": key, "value": value, "from": origin} for key, value, origin in rows])
    else:
        print_table(("SETTING", "VALUE", "FROM"), rows, "No settings.")
    return Exit.OK
