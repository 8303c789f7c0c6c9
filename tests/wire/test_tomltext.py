"""TOML that is written is read back as it was."""

import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from muster.wire.tomltext import format_toml

texts = st.text(st.characters(codec="utf-8"))
plain = st.none() | st.integers(-(1 << 62), 1 << 62) | st.booleans() | texts
numbers = st.floats(allow_nan=False, allow_infinity=False)
values = st.recursive(
    texts | st.integers(-(1 << 62), 1 << 62) | st.booleans() | numbers,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=12,
)


@given(st.dictionaries(texts, values, max_size=5))
def test_what_is_written_is_read_back(document):
    assert tomllib.loads(format_toml(document, ())) == document


@given(texts)
def test_tables_of_tables_are_read_back(text):
    document = {"id": text, "panels": [{"title": text, "queries": [{"text": text}]}, {"w": 1}]}

    assert tomllib.loads(format_toml(document, ("panels", "panels.queries"))) == document


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("plain", 'a = "plain"'),
        ('say "so"', "a = 'say \"so\"'"),
        ('it\'s "so" now', "a = '''it's \"so\" now'''"),
        ("two\nlines", "a = '''\ntwo\nlines'''"),
        (3600.0, "a = 3600"),
        (0.5, "a = 0.5"),
        ({"x": 1, "y": "two"}, 'a = { x = 1, y = "two" }'),
        ([], "a = []"),
    ],
)
def test_it_is_written_as_people_would(value, text):
    assert format_toml({"a": value}, ()) == f"{text}\n"


def test_a_long_list_is_broken_into_lines():
    text = format_toml({"values": ["x" * 40, "y" * 40, "z" * 40]}, ())

    assert text.count("\n") == 5
