"""Builds lines.cpp with the sanitizers and runs it for a bounded number of inputs.

python tests/fuzz/test_lines_sanitized.py 10000000 [seed]      as long as you like
"""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

HERE = Path(__file__).parent
CORPUS = HERE / "corpus/lines"
FLAGS = "-std=c++17 -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all -Wall -Wextra"
COMPILER = shutil.which("g++") or shutil.which("clang++")


def build(folder: Path) -> Path:
    program = folder / "lines"
    include = HERE.parents[1] / "src/muster/wire"
    command = [COMPILER, *FLAGS.split(), f"-I{include}", HERE / "lines.cpp", "-o", program]
    subprocess.run(command, check=True, capture_output=True, text=True)
    return program


def fuzz(program: Path, runs: int, seed: int) -> subprocess.CompletedProcess:
    command = [program, CORPUS, str(runs), str(seed)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.mark.skipif(COMPILER is None, reason="no C++ compiler here")
def test_the_parser_of_lines_breaks_no_rule_under_the_sanitizers(tmp_path):
    try:
        program = build(tmp_path)
    except subprocess.CalledProcessError as error:
        if "libasan" in error.stderr or "sanitize" in error.stderr:
            pytest.skip("this compiler has no sanitizers")
        raise AssertionError(error.stderr) from error

    done = fuzz(program, runs=20_000, seed=2)

    assert done.returncode == 0, done.stderr
    assert done.stdout == "20000 inputs, no rule broken\n"


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        seed = int(sys.argv[2]) if len(sys.argv) > 2 else 1
        done = fuzz(build(Path(folder)), int(sys.argv[1]), seed)
        sys.exit(done.stdout + done.stderr if done.returncode else 0)
