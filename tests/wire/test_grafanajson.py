"""Grafana's JSON, read without trust."""

import pytest

from muster.wire.grafanajson import Notes, Part, number_of


@pytest.mark.parametrize("value", [None, 1, "x", [], True])
def test_what_is_no_object_is_empty(value):
    part = Part(value)

    assert not part
    assert (part.text("a"), part.items("a"), part.parts("a")) == ("", [], [])
    assert (part.flag("a"), part.number("a"), part.whole("a", 7)) == (False, None, 7)
    assert "a" not in part.part("a")


def test_values_of_the_form_expected_are_given():
    part = Part({"a": {"b": 1}, "l": [{"c": "x"}, 2], "t": ["y", 3], "f": True, "n": "4.5"})

    assert part.part("a").whole("b", 0) == 1
    assert [each.text("c") for each in part.parts("l")] == ["x"]
    assert part.texts("t") == ["y"]
    assert part.flag("f")
    assert part.number("n") == 4.5
    assert part.text("f") == ""
    assert list(part.names()) == ["a", "l", "t", "f", "n"]


@pytest.mark.parametrize("value", ["nan", "x", None, True, [], "1e999", 10**400])
def test_what_is_no_finite_number_is_none(value):
    assert number_of(value) is None


def test_a_note_is_said_once_and_not_without_end():
    notes = Notes()
    for number in range(300):
        notes.say(f"note {number % 250}")

    assert len(notes.all()) == 201
    assert notes.all()[-1] == "and 50 more"
