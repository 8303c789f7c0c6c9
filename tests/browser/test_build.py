"""What was built: sizes, compressed twins, nothing from outside."""

import gzip
import re
from pathlib import Path

STATIC = Path(__file__).parents[2] / "src/muster/faces/native/static"
SHELL_BYTES = 60_000  # brotli
CHUNK_BYTES = 40_000
NAMESPACES = re.compile(r"https?://www\.w3\.org/")


def built(*suffixes: str) -> list[Path]:
    return [path for path in sorted(STATIC.rglob("*")) if path.suffix in suffixes]


def brotli_bytes(path: Path) -> int:
    return path.with_name(path.name + ".br").stat().st_size


def test_the_shell_stays_within_its_budget():
    index = (STATIC / "index.html").read_text()
    named = [STATIC / name for name in re.findall(r"/(assets/[^\"]+|theme\.js)", index)]

    assert len(named) >= 3
    assert sum(map(brotli_bytes, [*named, STATIC / "index.html"])) <= SHELL_BYTES
    assert max(map(brotli_bytes, built(".js"))) <= CHUNK_BYTES


def test_every_text_has_its_compressed_twins():
    for path in built(".js", ".css", ".html", ".svg"):
        assert gzip.decompress(path.with_name(path.name + ".gz").read_bytes()) == path.read_bytes()
        assert brotli_bytes(path) > 0


def test_names_of_assets_carry_a_hash():
    assert [
        path.name
        for path in built(".js", ".css")
        if path.parent.name == "assets" and not re.search(r"-[\w-]{8}\.", path.name)
    ] == []


def test_nothing_names_an_address_outside():
    for path in built(".js", ".css", ".html", ".svg"):
        text = NAMESPACES.sub("", path.read_text())

        assert re.findall(r"https?://[\w.-]+", text.replace("http://localhost", "")) == [], (
            path.name
        )


def test_the_page_has_no_inline_script_or_style():
    index = (STATIC / "index.html").read_text()

    assert not re.search(r"<script(?![^>]*src=)|<style|style=|onload=", index)
