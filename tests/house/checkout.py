"""The checkout as tests of the house see it: what git tracks, or would if it were asked."""

import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src" / "muster"


def tracked(*patterns: str) -> list[Path]:
    """Files of these patterns, new ones included, ignored ones not."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", *patterns],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split("\n")
    return [ROOT / name for name in listed if name and (ROOT / name).is_file()]


def name_of(path: Path) -> str:
    """A file's name from the root, for ids and messages."""
    return str(path.relative_to(ROOT))
