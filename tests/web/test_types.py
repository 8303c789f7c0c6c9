"""The web UI's types are made from the structs they mirror."""

import subprocess
import sys
from pathlib import Path

GENERATOR = Path(__file__).parents[2] / "web/tools/generate_types.py"


def test_the_types_of_the_web_ui_are_fresh():
    checked = subprocess.run(
        [sys.executable, str(GENERATOR), "--check"], capture_output=True, text=True, check=False
    )

    assert checked.returncode == 0, checked.stderr
