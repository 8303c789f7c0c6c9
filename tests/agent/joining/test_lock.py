"""One agent per folder."""

import subprocess
import sys

import pytest

from muster.agent.joining.identity import DiskRefused
from muster.agent.joining.lock import AlreadyRunning, held


def test_a_held_folder_refuses_the_second_and_names_the_first(tmp_path):
    script = f"""
from pathlib import Path
from muster.agent.joining.lock import held
with held(Path({str(tmp_path)!r})):
    print("held", flush=True)
    input()
"""
    with subprocess.Popen(
        [sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as other:
        other.stdout.readline()
        with pytest.raises(AlreadyRunning, match=f"process {other.pid}"), held(tmp_path):
            pass
        other.kill()

    with held(tmp_path):
        pass


def test_a_folder_is_free_again_after_use(tmp_path):
    with held(tmp_path / "new"):
        assert (tmp_path / "new").stat().st_mode & 0o777 == 0o700

    with held(tmp_path / "new"):
        pass


def test_a_folder_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / "file").touch()

    with pytest.raises(DiskRefused, match="file"), held(tmp_path / "file" / "node"):
        pass
