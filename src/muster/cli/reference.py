"""Writes docs/reference/{commands,settings,exits}.md from the code; a test keeps them equal.

What a setting means is the comment beside it, or above it, in the struct that declares it.
"""

import argparse
import inspect
import re
from collections.abc import Iterator
from typing import Any

import msgspec

from muster.cli.arguments import Parser
from muster.cli.exits import every_exit
from muster.config import load

_FIELD = re.compile(r"    ([a-z]\w*): ")


def render_commands(parser: Parser) -> str:
    """Every command with its help."""
    sections = [
        f"## {name}\n\n```\n{_help(command)}```\n" for name, command in _commands(parser, "muster")
    ]
    return (
        "# Commands\n\nWhat `--help` prints. Results go to standard output, remarks to standard"
        " error; `--json` is for scripts.\nExit codes: [exits.md](exits.md).\n\n"
        + "\n".join(sections)
    )


def _commands(parser: argparse.ArgumentParser, name: str) -> Iterator[tuple[str, Any]]:
    children = [
        action for action in parser._actions if isinstance(action, argparse._SubParsersAction)
    ]
    if not children or name == "muster":
        yield name, parser
    for action in children:
        for word, child in action.choices.items():
            yield from _commands(child, f"{name} {word}")


def _help(parser: argparse.ArgumentParser) -> str:
    # The width of a terminal must not show in the page.
    parser.formatter_class = lambda prog: argparse.RawDescriptionHelpFormatter(prog, width=100)
    return parser.format_help()


def render_exits() -> str:
    """The table of exit codes."""
    rows = "".join(f"| {code} | {meaning} |\n" for code, meaning in every_exit().items())
    return (
        "# Exit codes\n\nThe same table as `muster --exits`. 0 to 9 hold for every command, 20 and"
        f" up for `muster agent …`.\n\n| code | meaning |\n|---|---|\n{rows}"
    )


def render_settings(title: str, kind: type[msgspec.Struct]) -> str:
    """Every setting of one program with its default and what it means."""
    meanings = meanings_of(kind)
    rows = "".join(
        f"| `{key}` | {_default(value)} | {meanings[key]} |\n"
        for key, value, _ in load(kind).rows()
    )
    return f"## {title}\n\n| setting | default | means |\n|---|---|---|\n{rows}"


def meanings_of(kind: type[msgspec.Struct], prefix: str = "") -> dict[str, str]:
    """Dotted key -> its comment in the source; empty where there is none."""
    meanings: dict[str, str] = {}
    comments = _all_comments(kind)
    for field in msgspec.structs.fields(kind):
        if isinstance(field.type, type) and issubclass(field.type, msgspec.Struct):
            meanings |= meanings_of(field.type, f"{prefix}{field.name}.")
        else:
            meanings[prefix + field.name] = comments.get(field.name, "")
    return meanings


def _all_comments(kind: type[msgspec.Struct]) -> dict[str, str]:
    """Those of the struct and of those it is made of."""
    comments: dict[str, str] = {}
    for each in reversed(kind.__mro__):
        if each is not msgspec.Struct and issubclass(each, msgspec.Struct):
            comments |= _comments(inspect.getsource(each))
    return comments


def _comments(source: str) -> dict[str, str]:
    """Field -> what stands above it and behind it, without remarks to the checkers."""
    comments: dict[str, str] = {}
    above = ""
    for line in source.splitlines():
        code, _, comment = line.partition("  # " if ":" in line else "# ")
        comment = "" if comment.startswith("noqa") else comment.partition("  # noqa")[0]
        if match := _FIELD.match(code):
            comments[match[1]] = "; ".join(part for part in (above, comment) if part)
        above = comment if not code.strip() else ""
    return comments


def _default(value: object) -> str:
    if value is None or value in ("", [], (), {}):
        return "none"
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    return f"`{', '.join(map(str, value)) if isinstance(value, list | tuple) else value}`"


def settings_page() -> str:
    """Hub and agent."""
    from muster.agent.settings import AgentSettings
    from muster.hub.settings import Settings

    return (
        "# Settings\n\nNone is needed. Precedence: defaults, file (`--config`, or `hub.toml` in the"
        " hub's data folder), environment, flags.\nDotted names are tables of TOML; durations are"
        ' text like `"10s"` or `"1h30m"`. The variable of a setting is its name in\ncapitals:'
        " `MUSTER_LISTEN_PORT_BASE` for `listen.port_base`. `muster config show` says where each"
        " value in force came\nfrom, `muster config check` whether a file would do.\n\n"
        + render_settings("Hub", Settings)
        + "\n"
        + render_settings("Agent", AgentSettings)
    )
