"""Every row of what was promised stands once, with tests that are there or the reason why not."""

import re

import pytest
from checkout import ROOT

PAGE = ROOT / "docs" / "mission.md"
GROUPS = {
    "A": (1, 20),
    "B": (1, 20),
    "C": (1, 15),
    "D": (1, 8),
    "E": (1, 30),
    "F": (0, 18),
    "G": (1, 20),
    "H": (1, 6),
    "I": (1, 6),
    "J": (1, 8),
    "M": (1, 30),
}
ROWS = [f"{group}{number}" for group, (first, last) in GROUPS.items()
        for number in range(first, last + 1)]  # fmt: skip

_ROW = re.compile(r"^\| ([A-Z]\d+) \| ([^|]+) \| (.+) \|$", re.MULTILINE)
_TEST = re.compile(r"`([\w/]+\.py)(?:::(test_\w+))?`")


def rows() -> list[tuple[str, str, str]]:
    return _ROW.findall(PAGE.read_text())


def is_there(file: str, name: str) -> bool:
    path = ROOT / "tests" / file
    return path.is_file() and (not name or f"def {name}(" in path.read_text())


def test_every_row_stands_once_and_no_other_does():
    assert [id for id, _, _ in rows()] == ROWS


@pytest.mark.parametrize("row", rows(), ids=lambda row: row[0])
def test_a_row_names_tests_that_are_there_or_says_why_not(row):
    _, _, proof = row
    named = _TEST.findall(proof)

    assert named or "not yet" in proof
    assert [each for each in named if not is_there(*each)] == []


def test_a_test_that_is_not_there_is_missed():
    assert is_there("house/test_mission.py", "test_a_test_that_is_not_there_is_missed")
    assert not is_there("house/test_mission.py", "test_no_such_thing")
    assert not is_there("house/gone.py", "")
