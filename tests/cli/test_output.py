import json

import pytest

from muster.cli import output
from muster.clock import SECOND_NS


def test_columns_of_a_table_line_up(capsys):
    output.print_table(("NODE", "STATE"), [("web-01", "live"), ("db", "offline")], "none")

    assert capsys.readouterr().out == "NODE    STATE\nweb-01  live\ndb      offline\n"


def test_an_empty_table_is_one_sentence(capsys):
    output.print_table(("NODE",), [], "No nodes yet.")

    assert capsys.readouterr().out == "No nodes yet.\n"


def test_a_node_cannot_send_control_characters_to_the_terminal(capsys):
    output.print_record({"name": "web\x1b[2J\n01"})

    assert capsys.readouterr().out == "name  web?[2J?01\n"


def test_names_of_columns_and_parts_of_lists_are_held_to_the_same(capsys):
    output.print_table(("a\x1b[31m",), [(["x\x07", "y"],)], "none")

    assert capsys.readouterr().out == "a?[31m\nx?, y\n"


def test_what_is_said_keeps_its_lines_and_nothing_else_that_does_not_print(capsys):
    output.say("two\nlines\x9b2J\r")

    assert capsys.readouterr().err == "two\nlines?2J?\n"


def test_a_boolean_is_written_as_in_settings_and_json(capsys):
    output.print_record({"on": True, "off": [], "no": False})

    assert capsys.readouterr().out == "on   true\noff  -\nno   false\n"


def test_json_is_one_document(capsys):
    output.print_json({"a": [1, None]})

    assert json.loads(capsys.readouterr().out) == {"a": [1, None]}


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0 s ago"), (59, "59 s ago"), (61, "1 min ago"), (7300, "2 h ago"), (-90, "in 1 min"),
     (200_000, "2 d ago")],
)  # fmt: skip
def test_a_span_is_told_in_its_largest_unit(seconds, text):
    now_ns = 1_800_000_000 * SECOND_NS

    assert output.format_ago(now_ns - seconds * SECOND_NS, now_ns) == text


def test_one_thing_is_no_plural():
    assert [output.counted(count, "use") for count in (0, 1, 2)] == ["0 uses", "1 use", "2 uses"]


def test_never_is_a_word():
    assert output.format_ago(0, 5) == "never"
    assert output.format_time(0) == ""
    assert output.format_time(1_800_000_000 * SECOND_NS) == "2027-01-15T08:00:00Z"


def test_progress_is_silent_without_a_terminal(capsys):
    progress = output.Progress("backup")
    progress.show(1, 2)
    progress.end()

    assert capsys.readouterr().err == ""
