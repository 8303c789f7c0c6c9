import signal
import subprocess
import sys

import pytest

PROGRAM = """
import os, sys, threading
from pathlib import Path
from muster.store.engine.enginesessions import EmbeddedSessions, Limits

sessions = EmbeddedSessions(Path(sys.argv[1]), Limits(1, 1 << 30, 1000, 5.0))
thread = threading.Thread(target=sessions.open, args=([],))  # as the writer's
thread.start()
thread.join()
assert sessions.ask("select 1 as one")["one"].to_pylist() == [1]
print("ready", flush=True)
os.kill(os.getpid(), int(sys.argv[2]))
"""


@pytest.mark.parametrize("number", [signal.SIGSEGV, signal.SIGABRT])
def test_a_process_with_the_engine_in_it_ends_by_a_fault_and_says_where_it_was(tmp_path, number):
    command = [sys.executable, "-c", PROGRAM, tmp_path / "engine", str(int(number))]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)

    assert done.stdout == "ready\n", done.stderr
    assert done.returncode == -number
    assert "Fatal Python error" in done.stderr
