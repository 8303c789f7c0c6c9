"""Parsing in one style."""

import argparse
from datetime import timedelta
from pathlib import Path

import pytest

from muster.cli.arguments import (
    Parser,
    add_command,
    add_data,
    add_group,
    add_json,
    duration,
    positive,
    shielded,
    within,
)


@pytest.fixture
def commands():
    parser = Parser(prog="muster")
    parser.add_argument("--data", type=Path)
    parser.commands = parser.add_subparsers()
    return parser


def test_a_command_carries_its_function_and_its_examples(commands, capsys):
    def run(options):
        return 0

    group = add_group(commands.commands, "room", "Rooms")
    add_json(add_command(group, "list", run, "List rooms", examples=("muster room list",)))
    options = commands.parse_args(["room", "list", "--json"])
    with pytest.raises(SystemExit):
        commands.parse_args(["room", "list", "--help"])

    assert (options.run, options.json) == (run, True)
    assert capsys.readouterr().out.endswith("examples:\n  muster room list\n")


@pytest.mark.parametrize(
    ("words", "told"), [(["room"], "COMMAND"), (["room", "list", "--js"], "--js")]
)
def test_a_mistake_says_where_help_is_and_exits_with_2(commands, capsys, words, told):
    group = add_group(commands.commands, "room", "Rooms")
    add_json(add_command(group, "list", lambda options: 0, "List rooms"))
    with pytest.raises(SystemExit) as caught:
        commands.parse_args(words)
    err = capsys.readouterr().err

    assert caught.value.code == 2
    assert told in err
    assert err.rstrip().endswith("--help")


@pytest.mark.parametrize(
    ("words", "found"),
    [
        (["up"], None),
        (["--data", "a", "up"], "a"),
        (["up", "--data", "b"], "b"),
        (["--data", "a", "up", "--data", "b"], "b"),
    ],
)
def test_the_data_folder_after_the_command_wins(commands, words, found):
    add_data(add_command(commands.commands, "up", lambda options: 0, "Run"), "the hub")

    assert commands.parse_args(words).data == (Path(found) if found else None)


def test_a_duration_is_read_as_people_write_it():
    assert duration("1h30m") == timedelta(minutes=90)
    assert duration("90d") == timedelta(days=90)


@pytest.mark.parametrize("text", ["", "soon", "10", "-5m", "5 m"])
def test_what_is_no_duration_is_an_error_of_the_argument(text):
    with pytest.raises(argparse.ArgumentTypeError):
        duration(text)


@pytest.mark.parametrize("text", ["0", "-1", "1.5", "", "many"])
def test_a_count_is_a_whole_number_of_at_least_one(text):
    assert positive("12") == 12
    with pytest.raises(argparse.ArgumentTypeError, match="whole number"):
        positive(text)


def test_what_is_left_over_is_the_mistake_of_the_command_it_stands_behind(commands, capsys):
    group = add_group(commands.commands, "room", "Rooms")
    add_command(group, "list", lambda options: 0, "List rooms")
    with pytest.raises(SystemExit) as caught:
        commands.parse(["room", "list", "--colour", "red"])

    assert caught.value.code == 2
    said = "muster room list: unknown: --colour red\nTry: muster room list --help\n"
    assert capsys.readouterr().err == said
    assert commands.parse(["room", "list"]).called == "muster room list"


@pytest.mark.parametrize(
    ("words", "shielded_words"),
    [
        (
            ["agent", "netdata-claim", "-hostname=x"],
            ["agent", "netdata-claim", "--", "-hostname=x"],
        ),
        (["agent", "netdatacli", "ping"], ["agent", "netdatacli", "--", "ping"]),
        (
            ["agent", "--data", "a", "netdata-claim", "-token=x"],
            ["agent", "--data", "a", "netdata-claim", "--", "-token=x"],
        ),
        (["agent", "netdata-claim", "--help"], ["agent", "netdata-claim", "--help"]),
        (["agent", "netdata-claim"], ["agent", "netdata-claim"]),
        (["room", "add", "netdatacli", "-x"], ["room", "add", "netdatacli", "-x"]),
        (["netdata-claim", "-x"], ["netdata-claim", "-x"]),
    ],
)
def test_another_programs_words_are_put_behind_a_mark(words, shielded_words):
    assert shielded(words) == shielded_words


@pytest.mark.parametrize("text", ["0", "21", "-1", "x", "1.5"])
def test_a_number_out_of_its_bounds_is_refused_with_them(text):
    assert within(1, 20)("20") == 20
    with pytest.raises(argparse.ArgumentTypeError, match="of 1 to 20"):
        within(1, 20)(text)
