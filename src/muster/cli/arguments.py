"""Argument parsing in one style: help with examples, options shared by many commands."""

import argparse
import sys
from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any, NoReturn

from muster.cli.exits import Exit
from muster.config import parse_duration
from muster.errors import SettingsError

Run = Callable[[argparse.Namespace], int]
Commands = Any  # argparse's own type of a sub-command list is private


class Parser(argparse.ArgumentParser):
    """Errors say what to do and exit with the documented code."""

    def __init__(self, **options: Any) -> None:  # noqa: ANN401
        options.setdefault("formatter_class", argparse.RawDescriptionHelpFormatter)
        options.setdefault("allow_abbrev", False)
        super().__init__(**options)

    def parse(self, words: Sequence[str]) -> argparse.Namespace:
        """As `parse_args`, but what is left over is the mistake of the command it stands behind."""
        options, left = self.parse_known_args(words)
        if left:
            _refuse(getattr(options, "called", self.prog), f"unknown: {' '.join(left)}")
        return options

    def error(self, message: str) -> NoReturn:
        _refuse(self.prog, message)


def _refuse(program: str, message: str) -> NoReturn:
    print(f"{program}: {message}\nTry: {program} --help", file=sys.stderr)
    raise SystemExit(int(Exit.USAGE))


def add_command(
    commands: Commands,
    name: str,
    run: Run,
    summary: str,
    *,
    examples: tuple[str, ...] = (),
    details: str = "",
) -> Parser:
    """Add one command whose help ends in examples."""
    text = f"{summary}.\n\n{details}".rstrip()
    shown = "examples:\n" + "\n".join(f"  {line}" for line in examples) if examples else ""
    parser: Parser = commands.add_parser(name, help=summary, description=text, epilog=shown)
    parser.set_defaults(run=run, called=parser.prog)
    return parser


def add_group(
    commands: Commands,
    name: str,
    summary: str,
    also: Callable[[Parser], None] | None = None,
) -> Commands:
    """Add a command that only holds others (`muster token create`).

    `also` gives it options of its own, and what runs when none of the others is named.
    """
    parser: Parser = commands.add_parser(name, help=summary, description=f"{summary}.")
    if also is not None:
        also(parser)
    return parser.add_subparsers(title="commands", metavar="COMMAND", required=also is None)


def add_json(parser: Parser) -> None:
    parser.add_argument("--json", action="store_true", help="print JSON for scripts")


def add_data(parser: Parser, what: str) -> None:
    """`--data` after the command; it wins over the one before it."""
    parser.add_argument(
        "--data", type=Path, metavar="DIR", default=argparse.SUPPRESS, help=f"data folder of {what}"
    )


def duration(text: str) -> timedelta:
    """A duration argument ("10m", "1h30m")."""
    try:
        return parse_duration(text)
    except SettingsError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


OWN_ARGUMENTS = ("netdata-claim", "netdatacli")  # of `muster agent`: another program's words


def shielded(words: Sequence[str]) -> list[str]:
    """The words with what is another program's put behind `--`: `-hostname=x` is no `-h`."""
    found = next((at for at, word in enumerate(words) if word in OWN_ARGUMENTS), 0)
    before, behind = words[:found], words[found + 1 : found + 2]
    is_agents = [*before[-1:]] == ["agent"] or [*before[-3:-1]] == ["agent", "--data"]
    if not is_agents or [*behind] in ([], ["--help"], ["-h"], ["--"]):
        return list(words)
    return [*words[: found + 1], "--", *words[found + 1 :]]


def positive(text: str) -> int:
    """A whole number of at least 1."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"not a whole number of 1 or more: {text!r}")
    return int(text)


def within(least: int, most: int) -> Callable[[str], int]:
    """A whole number between two, which the refusal names."""

    def number(text: str) -> int:
        if not text.isdecimal() or not least <= int(text) <= most:
            raise argparse.ArgumentTypeError(f"not a whole number of {least} to {most}: {text!r}")
        return int(text)

    return number


def label(text: str) -> tuple[str, str]:
    """A label argument ("key=value")."""
    key, equals, value = text.partition("=")
    if not key or not equals:
        raise argparse.ArgumentTypeError(f"not a label like role=web: {text!r}")
    return key, value
