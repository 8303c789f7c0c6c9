"""In processes of their own: what malloc is told stays in force."""

import json
import os
import platform
import subprocess
import sys

import pytest

from muster.hub import memory

PROGRAM = """
import json, sys
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from muster.hub import memory

SIZE, THREADS = 6 << 20, 6

def resident():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * 4096

settled = memory.settle() if sys.argv[1] == "settled" else False
together = Barrier(THREADS)

def work(_):
    for _ in range(4):
        together.wait()
        parts = [bytearray(SIZE), bytearray(SIZE // 2)]
        together.wait()
        del parts

before = resident()
with ThreadPoolExecutor(THREADS) as threads:
    list(threads.map(work, range(THREADS)))
    grown = resident() - before
memory.trim()
print(json.dumps([settled, grown]))
"""


def told(how):
    command = [sys.executable, "-c", PROGRAM, how]
    environment = {name: text for name, text in os.environ.items() if "MALLOC" not in name}
    done = subprocess.run(command, capture_output=True, check=True, text=True, env=environment)
    return json.loads(done.stdout)


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="it is glibc that is told")
def test_what_threads_held_for_a_moment_goes_back():
    settled, grown = told("settled")

    assert settled
    assert grown < 6 << 20


def test_what_somebody_has_set_himself_stays(monkeypatch):
    monkeypatch.setenv("MALLOC_ARENA_MAX", "8")

    assert not memory.settle()


def test_another_library_is_left_alone(monkeypatch):
    monkeypatch.delenv("MALLOC_ARENA_MAX", raising=False)
    monkeypatch.setattr(memory.ctypes, "CDLL", lambda _: object())
    memory.trim()

    assert not memory.settle()
