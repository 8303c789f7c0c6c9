"""`python -m muster.agent`: small, and as exact about errors as the command line."""

import subprocess
import sys

import pytest

from muster.agent.exits import Exit


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "muster.agent", *arguments],
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("arguments", [(), ("--data",), ("--data", "x", "--fly", "y"), ("a", "b")])
def test_wrong_arguments_show_the_usage(arguments):
    ended = run(*arguments)

    assert (ended.returncode, ended.stderr[:6]) == (2, "usage:")


def test_an_unclaimed_folder_has_its_exit_code(tmp_path):
    ended = run("--data", str(tmp_path))

    assert ended.returncode == Exit.NOT_CLAIMED
    assert "muster agent claim" in ended.stderr


def test_a_wrong_setting_names_its_file(tmp_path):
    file = tmp_path / "agent.toml"
    file.write_text("[spool]\nmax_bytes = 1\n")

    ended = run("--data", str(tmp_path), "--config", str(file))

    assert ended.returncode == 2
    assert "agent.toml" in ended.stderr


def test_what_is_large_and_needless_is_not_loaded():
    script = (
        "import sys, muster.agent.__main__\n"
        "names = ('typing_extensions', 'argparse', 'cryptography', 'aiohttp', 'numpy', 'email')\n"
        "print([name for name in names if sys.modules.get(name)])"
    )
    ended = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )

    assert ended.stdout.strip() == "[]"
