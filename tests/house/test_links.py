"""What pages point at is there: files, headings, pages named in code, files named in pages."""

import re
from pathlib import Path

import pytest
from checkout import ROOT, SOURCE, name_of, tracked

PAGES = tracked("*.md")
DOCS = [page for page in PAGES if page.is_relative_to(ROOT / "docs")]

_LINK = re.compile(r"!?\[[^\]\n]*\]\(([^)\s]+)\)")
_FOREIGN = re.compile(r"[a-z][a-z0-9+.-]*:")  # begins with a scheme: not ours to look after
_HEADING = re.compile(r"^#{1,6} +(.+?) *#*$", re.MULTILINE)
_FENCED = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
_PAGE = re.compile(r"\bdocs/[\w./-]+\.md\b")
_MODULE = re.compile(r"`(?:src/)?(?:muster/)?([a-z]+(?:/[\w]+)+\.pyx?)`")
_CLASS = re.compile(r"\b((?:core|store|net|faces|hub|ports|model|pki)(?:\.[a-z_]+)+)\.([A-Z]\w+)\b")
_STANDS_FOR_ANY = re.compile(r"/x\.|N_")  # `collectors/x.py`: whatever the reader will write


def anchors(page: Path) -> set[str]:
    """The names by which a page's headings are reached."""
    headings = _HEADING.findall(_FENCED.sub("", page.read_text()))
    plain = (re.sub(r"[^\w\- ]", "", heading.lower()) for heading in headings)
    return {heading.replace(" ", "-") for heading in plain}


def dead_links(page: Path) -> list[str]:
    dead = []
    for link in _LINK.findall(_FENCED.sub("", page.read_text())):
        if _FOREIGN.match(link):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        if not target.exists() or (anchor and anchor not in anchors(target)):
            dead.append(link)
    return dead


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_link_of_a_page_leads_somewhere(page):
    assert dead_links(page) == []


@pytest.mark.parametrize("page", DOCS, ids=name_of)
def test_every_page_is_named_by_the_index_of_its_folder(page):
    index = page.parent / "README.md"
    if page == index:
        index = page.parents[1] / "README.md"  # an index by the one above it
    linked = {(index.parent / link.partition("#")[0]).resolve() for link in _links(index)}

    assert linked & {page, page.parent}, f"{name_of(index)} does not name it"


def _links(page: Path) -> list[str]:
    return [link for link in _LINK.findall(page.read_text()) if not _FOREIGN.match(link)]


def test_every_page_that_code_names_is_there():
    code = tracked("src/*.py", "src/*.pyx", "src/*.hpp", "tests/*.py", "bench/*.py", "tools/*")
    missing = {
        f"{name_of(path)}: {page}"
        for path in code
        for page in _PAGE.findall(path.read_text())
        if not (ROOT / page).is_file()
    }

    assert missing == set()


def test_every_module_that_a_page_names_is_there():
    missing = {
        f"{name_of(page)}: {module}"
        for page in DOCS
        for module in _MODULE.findall(page.read_text())
        if not _STANDS_FOR_ANY.search(module)
        and not any((folder / module).is_file() for folder in (SOURCE, SOURCE.parent, ROOT))
    }

    assert missing == set()


def test_every_class_that_the_code_names_by_its_module_is_there():
    missing = {
        f"{name_of(path)}: {module}.{name}"
        for path in tracked("src/*.py", "tests/*.py", "bench/*.py")
        for module, name in _CLASS.findall(path.read_text())
        if not has_class(module, name)
    }

    assert missing == set()


def has_class(module, name):
    file = SOURCE.joinpath(*module.split(".")).with_suffix(".py")
    return file.is_file() and re.search(rf"\b{name}\b", file.read_text()) is not None


def test_a_link_to_a_heading_that_is_not_there_is_found(tmp_path):
    page = tmp_path / "page.md"
    page.write_text("# One heading\n\n[good](#one-heading) [bad](#another) [gone](gone.md)\n")

    assert dead_links(page) == ["#another", "gone.md"]
