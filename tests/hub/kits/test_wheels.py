import importlib.metadata
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from muster.hub.kits.wheels import (
    Target,
    choose,
    glibc_need,
    needed,
    normalized,
    own_target,
    pack,
    pack_own,
    read_wheel,
)

HERE = own_target()


def wheel(name):
    found = read_wheel(Path(name))
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("name", "target", "least"),
    [
        ("shtab-1-py3-none-any.whl", Target("3.13", "aarch64", "musl"), "0"),
        ("a-1-cp311-abi3-manylinux_2_34_x86_64.whl", Target("3.13", "x86_64", "glibc"), "2.34"),
        ("a-1-cp312-abi3-manylinux_2_34_x86_64.whl", Target("3.11", "x86_64", "glibc"), None),
        ("a-1-cp311-cp311-manylinux2014_x86_64.whl", Target("3.11", "x86_64", "glibc"), "2.17"),
        ("a-1-cp311-cp311-manylinux2014_x86_64.whl", Target("3.12", "x86_64", "glibc"), None),
        ("a-1-cp311-cp311-manylinux2014_x86_64.whl", Target("3.11", "x86_64", "musl"), None),
        ("a-1-cp311-cp311-musllinux_1_2_x86_64.whl", Target("3.11", "x86_64", "musl"), "1.2"),
        ("a-1-cp311-cp311-manylinux2014_aarch64.whl", Target("3.11", "x86_64", "glibc"), None),
        ("a-1-cp313-cp313t-manylinux2014_x86_64.whl", Target("3.13", "x86_64", "glibc"), None),
        ("a-1-cp311-abi3-macosx_10_9_universal2.whl", Target("3.12", "arm64", "darwin"), "10.9"),
        ("a-1-cp311-abi3-macosx_11_0_arm64.whl", Target("3.12", "x86_64", "darwin"), None),
        ("a-1-cp311-abi3-win_amd64.whl", Target("3.12", "x86_64", "glibc"), None),
        (
            "a-1-cp311-cp311-manylinux_2_28_x86_64.manylinux_2_17_x86_64.whl",
            Target("3.11", "x86_64", "glibc"),
            "2.17",
        ),
    ],
)
def test_a_wheels_name_says_where_it_runs(name, target, least):
    assert wheel(name).fits(target) == least


@pytest.mark.parametrize("name", ["a.tar.gz", "a-1.whl", "a-1-py3-none-any.zip", "notes.txt"])
def test_what_is_no_wheel_is_none(name):
    assert read_wheel(Path(name)) is None


def test_one_wheel_is_chosen_for_each_name_and_the_last_is_liked_best():
    wheels = [
        wheel("a-1-py3-none-any.whl"),
        wheel("a-2-py3-none-any.whl"),
        wheel("b_c-1-cp311-abi3-manylinux2014_x86_64.whl"),
    ]
    chosen = choose(wheels, ["a", "b_c"], Target("3.12", "x86_64", "glibc"))

    assert chosen == {
        Path("a-2-py3-none-any.whl"): "0",
        Path("b_c-1-cp311-abi3-manylinux2014_x86_64.whl"): "2.17",
    }
    assert choose(wheels, ["a", "b_c"], Target("3.12", "x86_64", "musl")) is None


def test_the_agent_needs_its_dependencies_and_theirs_but_not_the_hubs():
    names = {normalized(distribution.name) for distribution in needed()}

    assert {"musterd", "cryptography", "cffi", "msgspec", "zstandard"} <= names
    assert not names & {"numpy", "pyarrow", "aiohttp", "chdb_core"}


def test_an_installed_package_is_packed_into_a_wheel_that_installs(tmp_path):
    path = pack(importlib.metadata.distribution("msgspec"), tmp_path)

    found = read_wheel(path)
    assert found is not None
    assert found.fits(HERE) is not None
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
        record = archive.read(next(n for n in archive.namelist() if n.endswith("RECORD")))
        assert len(record.splitlines()) == len(archive.namelist())
        assert not [name for name in archive.namelist() if name.startswith("..")]
        archive.extractall(tmp_path / "site")
    code = "import msgspec; print(msgspec.__file__)"
    command = [sys.executable, "-S", "-c", f"import sys; sys.path[:0] = ['.']; {code}"]
    shown = subprocess.run(
        command, cwd=tmp_path / "site", capture_output=True, text=True, check=True
    )
    assert shown.stdout.startswith(str(tmp_path))


def test_the_same_content_is_the_same_wheel(tmp_path):
    made = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        made.append(pack_own(tmp_path / name, compiled=False))

    assert made[0].read_bytes() == made[1].read_bytes()


def test_our_own_wheel_holds_the_agent_and_neither_pages_nor_sources_of_twins(tmp_path):
    path = pack_own(tmp_path, compiled=False)
    with zipfile.ZipFile(path) as archive:
        names = archive.namelist()

    assert "muster/agent/app.py" in names
    assert not [name for name in names if name.endswith((".pyx", ".so", ".html"))]


def test_compiled_code_says_which_c_library_it_asks_for():
    assert glibc_need([b"..GLIBC_2.17\0..GLIBC_2.34\0", b"GLIBC_2.5\0GLIBCXX_3.4\0"]) == "2.34"
    assert glibc_need([b"nothing"]) == "0"
