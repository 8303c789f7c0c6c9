"""Builds the compiled loops with the sanitizers and runs them for a bounded number of inputs.

python tests/fuzz/test_sanitized.py NAME 10000000 [seed], NAME as below
"""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

HERE = Path(__file__).parent
FLAGS = "-std=c++17 -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all -Wall -Wextra"
COMPILER = shutil.which("g++") or shutil.which("clang++")


def build(name: str, folder: Path) -> Path:
    program = folder / name
    include = HERE.parents[1] / "src/muster/wire"
    command = [COMPILER, *FLAGS.split(), f"-I{include}", HERE / f"{name}.cpp", "-o", program]
    subprocess.run(command, check=True, capture_output=True, text=True)
    return program


def fuzz(program: Path, runs: int, seed: int) -> subprocess.CompletedProcess:
    command = [program, HERE / "corpus" / program.name, str(runs), str(seed)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.mark.skipif(COMPILER is None, reason="no C++ compiler here")
@pytest.mark.parametrize(
    ("name", "runs"),
    [
        ("cells", 100_000),
        ("lines", 20_000),
        ("snappy", 20_000),
        ("prometheus", 20_000),
        ("linewriter", 20_000),
        ("segmentnames", 20_000),
    ],
)
def test_the_compiled_loops_break_no_rule_under_the_sanitizers(tmp_path, name, runs):
    try:
        program = build(name, tmp_path)
    except subprocess.CalledProcessError as error:
        if "libasan" in error.stderr or "sanitize" in error.stderr:
            pytest.skip("this compiler has no sanitizers")
        raise AssertionError(error.stderr) from error

    done = fuzz(program, runs, seed=2)

    assert done.returncode == 0, done.stderr
    assert done.stdout == f"{runs} inputs, no rule broken\n"


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        seed = int(sys.argv[3]) if len(sys.argv) > 3 else 1
        done = fuzz(build(sys.argv[1], Path(folder)), int(sys.argv[2]), seed)
        sys.exit(done.stdout + done.stderr if done.returncode else 0)
