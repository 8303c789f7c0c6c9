"""The house keeps its own rules: twins of tests, size of files, lists that match folders."""

import ast
import re
import tomllib
from pathlib import Path

import pytest
from checkout import ROOT, SOURCE, tracked

# Composition and data without behaviour of their own: exercised by the tests of their users.
WITHOUT_TWIN = {"__init__.py", "__main__.py"}


def sources() -> list[Path]:
    return [path for path in tracked("src/muster/*.py") if path.name not in WITHOUT_TWIN]


@pytest.mark.parametrize("path", sources(), ids=lambda path: str(path.relative_to(SOURCE)))
def test_every_source_file_has_its_test_twin(path):
    if path.is_relative_to(SOURCE / "ports"):
        twins = [ROOT / "tests/conformance" / f"test_{path.stem}_port.py"]
        twins += list((ROOT / "tests/conformance").glob("test_*.py"))
    else:
        twins = [ROOT / "tests" / path.relative_to(SOURCE).parent / f"test_{path.name}"]

    assert any(twin.is_file() for twin in twins), f"write {twins[0].relative_to(ROOT)}"


@pytest.mark.parametrize("path", sources(), ids=lambda path: str(path.relative_to(SOURCE)))
def test_a_source_file_is_one_concept_of_at_most_400_lines(path):
    assert len(path.read_text().splitlines()) <= 400


def described() -> list[Path]:
    """The floors whose every word is read by others, and what plugins are written against."""
    floors = [f"src/muster/{floor}/*.py" for floor in ("ports", "model", "core")]
    return tracked(*floors, "src/muster/*/api.py")


@pytest.mark.parametrize("path", described(), ids=lambda path: str(path.relative_to(SOURCE)))
def test_every_class_and_function_that_others_use_says_what_it_is(path):
    tree = ast.parse(path.read_text())
    public = [
        node
        for node in tree.body
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        and not node.name.startswith("_")
    ]

    assert [node.name for node in public if not ast.get_docstring(node)] == []
    assert ast.get_docstring(tree)


def test_every_dependency_has_its_reason():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    named = [
        *project["project"]["dependencies"],
        *project["project"]["optional-dependencies"]["hub"],
        *project["dependency-groups"]["dev"],
    ]
    reasons = (ROOT / "docs/dependencies.md").read_text()
    names = {re.split(r"[<>=\[; ]", entry)[0] for entry in named}

    assert [name for name in sorted(names) if f"`{name}`" not in reasons] == []


def test_nothing_is_unfinished_by_its_own_words():
    words = re.compile(r"\b(TODO|FIXME|XXX)\b|NotImplementedError|mark\.skip\b(?!if)")
    found = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in tracked("src/*.py", "web/src/*.ts", "web/src/*.tsx")
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if words.search(line)
    ]

    assert found == []


def test_every_change_fragment_says_something():
    fragments = tracked("changelog.d/*.md")

    assert fragments
    assert all(20 <= len(path.read_text().strip()) <= 1500 for path in fragments)


@pytest.mark.parametrize("floor", ["core", "store", "influxql", "hub", "agent"])
def test_the_map_names_every_folder_of_a_floor_and_no_other(floor):
    folders = {f"{floor}/{path.parent.name}" for path in (SOURCE / floor).glob("*/__init__.py")}
    page = (ROOT / "docs/architecture.md").read_text()

    assert set(re.findall(rf"^\| `({floor}/\w+)` \|", page, re.MULTILINE)) == folders
