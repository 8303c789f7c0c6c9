"""The end of a process whose threads do not end."""

import subprocess
import sys

HANGS = """
import threading
from muster import ending

ending.END_S = 0.2
end = ending.BoundedEnd()
end.begin()
end.begin()
threading.Event().wait()
"""
COMES = """
import threading
from muster import ending

end = ending.BoundedEnd()
end.begin()
end.came()
print("done")
"""


def run(program):
    return subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False
    )


def test_a_process_that_hangs_leaves_and_says_where_it_hung():
    done = run(HANGS)

    assert done.returncode == 0, done.stderr
    assert "takes too long" in done.stderr


def test_an_end_that_came_in_time_is_like_any_other():
    done = run(COMES)

    assert (done.returncode, done.stdout, done.stderr) == (0, "done\n", "")
