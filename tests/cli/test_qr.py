"""Numbered QR codes; what a camera reads is in tests/scenario/test_air_gap.py."""

import argparse
import random
import shutil
import subprocess
import sys

import pytest

from muster.cli.exits import Exit, NotInstalled, exit_of
from muster.cli.qr import show_codes
from muster.errors import InputError
from muster.wire.armour import Kind, parse_armour

DOCUMENT = random.Random(1).randbytes(2_500)  # nothing in it can be packed


def options(**given):
    return argparse.Namespace(**({"qr": False, "png": None} | given))


@pytest.fixture
def segno():
    return pytest.importorskip("segno", reason="segno is not installed: no codes are drawn")


def test_codes_fit_into_eighty_columns_and_are_numbered(segno, capsys):
    assert show_codes(options(qr=True), Kind.REQUEST, DOCUMENT)

    out = capsys.readouterr().out
    assert max(map(len, out.splitlines())) <= 80
    assert "REQUEST 1 of" in out


def test_files_are_read_by_a_camera(segno, tmp_path, capsys):
    camera = shutil.which("zbarimg")
    if camera is None:
        pytest.skip("zbarimg is not installed: nobody reads the codes (apt install zbar-tools)")
    show_codes(options(png=tmp_path / "part"), Kind.REQUEST, DOCUMENT)
    files = sorted(map(str, tmp_path.glob("part-*.png")))
    done = subprocess.run([camera, "--raw", "-q", *files], capture_output=True, text=True)

    assert len(files) > 1
    assert parse_armour(Kind.REQUEST, done.stdout) == DOCUMENT


def test_without_a_wish_nothing_is_shown(capsys):
    assert not show_codes(options(), Kind.REQUEST, DOCUMENT)
    assert capsys.readouterr().out == ""


def test_a_file_that_cannot_be_written_is_named(segno, tmp_path):
    with pytest.raises(InputError, match=r"part-1\.png cannot be written"):
        show_codes(options(png=tmp_path / "nowhere" / "part"), Kind.REQUEST, DOCUMENT)


def test_without_the_package_it_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "segno", None)

    with pytest.raises(NotInstalled, match="pip install") as caught:
        show_codes(options(qr=True), Kind.REQUEST, DOCUMENT)
    assert exit_of(caught.value) == Exit.NOT_INSTALLED
