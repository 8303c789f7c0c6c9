"""Lines of keys in TOML."""

import pytest

from muster.wire.tomlplaces import line_of

TEXT = '''id = "a"
time = { last = "3h" }
tags = [
  "one",
  "two = 2",
]

[[panels]]
id = "x"
grid = { x = 0 }

[[panels.queries]]
text = """
id = "not a key"
"""
legend = 'c'

[[panels]]
id = "y"
thresholds = [{ color = "red" }, { value = 3 }]

[[panels.queries]]
text = \'\'\'SELECT '\'\'

[panels.options]
legend = "none"
'''.replace("SELECT '''''", "SELECT '''")


@pytest.mark.parametrize(
    ("key", "line"),
    [
        ("id", 1),
        ("time.last", 2),
        ("tags[1]", 3),
        ("panels[0]", 8),
        ("panels[0].id", 9),
        ("panels[0].grid.x", 10),
        ("panels[0].queries[0].text", 13),
        ("panels[0].queries[0].legend", 16),
        ("panels[1].id", 19),
        ("panels[1].thresholds[1].value", 20),
        ("panels[1].title", 18),
        ("panels[1].queries[0].text", 23),
        ("panels[1].options.legend", 26),
        ("title", 0),
        ("", 0),
    ],
)
def test_a_key_stands_on_its_line(key, line):
    assert line_of(TEXT, key) == line
