"""Commands and settings that pages, and the help itself, show are taken by the real parser."""

import argparse
import contextlib
import re
import shlex

import pytest
from checkout import name_of, tracked

from muster.agent.settings import AgentSettings
from muster.cli.arguments import shielded
from muster.cli.main import build_parser
from muster.config import load
from muster.core.enrolment.policy import parse_policy
from muster.core.enrolment.policycases import parse_cases
from muster.errors import SettingsError
from muster.hub.settings import Settings
from muster.model.dashboardrules import DashboardError
from muster.wire.dashboardfile import parse_dashboard

PAGES = [page for page in tracked("*.md") if page.name != "commands.md"]
PARSER = build_parser()

_INLINE = re.compile(r"`((?:\.venv/bin/)?muster [^`]+)`")
_INDENTED = re.compile(r"^    (?! *(?:#|//))(.+)$", re.MULTILINE)
_FENCED = re.compile(r"^```(?:sh|console)?\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_LINE = re.compile(r"^(?:[^\n]*?[|;(] *|[$#] )?((?:\.venv/bin/)?muster [^\n]+)")
_TOML = re.compile(r"^```toml\n(.*?)^```", re.MULTILINE | re.DOTALL)
_ENDS = re.compile(r"\s{2,}|\s+[|>&<#]|&&|;")  # a remark, a pipe, a redirection, the next one


def words_of(command: str) -> list[str]:
    """A command's own words, without `muster` and what a shell makes of the rest."""
    return shlex.split(_ENDS.split(command)[0])[1:]


def children_of(parser: argparse.ArgumentParser) -> dict[str, argparse.ArgumentParser]:
    found = {}
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            found |= action.choices
    return found


def is_name(words: list[str]) -> bool:
    """Whether the words name a command without what it needs, as prose does."""
    known = children_of(PARSER)
    for word in words[:-1]:
        known = children_of(known[word]) if word in known else {}
    return words[-1] in known


def is_taken(words: list[str]) -> bool:
    if is_name(words):
        return True
    try:
        PARSER.parse_args(shielded(words))
    except SystemExit as ended:
        return ended.code == 0  # --help, --version
    return True


def shown_in(text: str) -> list[str]:
    lines = [line for block in _FENCED.findall(text) for line in block.splitlines()]
    lines += _INDENTED.findall(text)
    found = _INLINE.findall(text) + [each[1] for each in map(_LINE.match, lines) if each]
    return [command for command in found if "…" not in command]


def examples(parser: argparse.ArgumentParser) -> list[str]:
    lines = (parser.epilog or "").partition("examples:\n")[2].splitlines()
    found = [line[line.index("muster ") :] for line in lines if re.search(r"\bmuster ", line)]
    for child in children_of(parser).values():
        found += examples(child)
    return found


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_command_of_a_page_is_one(page):
    refused = [each for each in shown_in(page.read_text()) if not is_taken(words_of(each))]

    assert refused == []


@pytest.mark.parametrize("command", sorted(set(examples(PARSER))))
def test_every_example_of_the_help_is_a_command(command):
    assert is_taken(words_of(command))


def commands_of(parser: argparse.ArgumentParser) -> list[argparse.ArgumentParser]:
    below = children_of(parser).values()
    return [each for child in below for each in commands_of(child)] if below else [parser]


def test_the_help_of_every_command_ends_in_examples():
    without = [
        each.prog for each in commands_of(PARSER) if "examples:\n" not in (each.epilog or "")
    ]

    assert without == []


def test_the_pages_of_the_guide_show_commands():
    shown = {name_of(page): shown_in(page.read_text()) for page in tracked("docs/guide/*.md")}

    assert sum(map(len, shown.values())) > 200


def test_each_line_of_a_block_is_looked_at():
    page = "```sh\nmuster node list\n# muster node show web-01\nssh hub muster token lst\n```\n"
    page += "    cat x | muster sign -\n\n```\nmuster: said\n$ muster room list  # all\n```\n"

    assert shown_in(page) == [
        "muster node list", "muster node show web-01", "muster room list  # all", "muster sign -",
    ]  # fmt: skip


def test_a_command_that_is_none_is_found():
    (command,) = shown_in("Do `muster node revok web-01`.")

    assert not is_taken(words_of(command))


@pytest.mark.parametrize(
    ("page", "text"),
    [(name_of(page), text) for page in PAGES for text in _TOML.findall(page.read_text())],
)
def test_every_settings_file_of_a_page_would_do(page, text, tmp_path):
    file = tmp_path / "shown.toml"
    file.write_text(text)

    taken = any(_loads(kind, file) for kind in (Settings, AgentSettings))
    assert taken or _is_policy(text) or _is_dashboard(text), page


def _is_policy(text) -> bool:
    """Whether it is a policy, or cases to try one with."""
    for parse in (parse_policy, parse_cases):
        with contextlib.suppress(SettingsError):
            return len(parse(text)) > 0
    return False


def _is_dashboard(text) -> bool:
    with contextlib.suppress(DashboardError):
        return bool(parse_dashboard(text))
    return False


def _loads(kind, file) -> bool:
    try:
        load(kind, file=file)
    except SettingsError:
        return False
    return True
