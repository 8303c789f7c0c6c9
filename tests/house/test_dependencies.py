"""Where each package is used, and how many collectors there are, is as the pages say."""

import re

import pytest
from checkout import ROOT

from muster.collectors import COLLECTORS

_NAMES = {"argon2-cffi": "argon2", "chdb-core": "chdb", "google-re2": "re2", "pyjwt": "jwt"}
_PAGE = (ROOT / "docs/dependencies.md").read_text()
_USED = {
    name: re.findall(r"`([\w/]+(?:\.py)?)`", where)
    for name, where in re.findall(r"^\| `([\w-]+)` \| .* \| ([^|]*) \|$", _PAGE, re.MULTILINE)
    if "/" in where or "`" in where
}


def importers(package: str) -> set[str]:
    line = re.compile(rf"^\s*(?:import|from) {_NAMES.get(package, package)}\b", re.MULTILINE)
    files = (ROOT / "src/muster").rglob("*.py")
    return {
        path.relative_to(ROOT / "src/muster").as_posix()
        for path in files
        if line.search(path.read_text())
    }


@pytest.mark.parametrize("package", _USED)
def test_a_package_is_used_where_the_page_says(package):
    found = importers(package)

    for place in _USED[package]:
        assert any(each == place or each.startswith(f"{place}/") for each in found), place


def test_the_page_names_every_place_of_a_package_that_has_one_alone():
    alone = re.findall(r"^\| `([\w-]+)` \|.*\| `([\w/]+(?:\.py)?)` alone \|$", _PAGE, re.MULTILINE)

    assert len(alone) >= 3
    for package, place in alone:
        assert {each for each in importers(package) if not each.startswith("testing/")} == {
            each for each in importers(package) if each == place or each.startswith(f"{place}/")
        }


def test_readme_counts_the_collectors():
    assert f"{len(COLLECTORS)} collectors without configuration" in (ROOT / "README.md").read_text()
