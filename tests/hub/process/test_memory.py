"""In processes of their own: what malloc is told stays in force."""

import json
import os
import platform
import subprocess
import sys

import pytest

from muster.hub.process import memory

PROGRAM = """
import json, sys
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from muster.hub.process import memory

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
memory.give_back()
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


@pytest.fixture(autouse=True)
def environment(monkeypatch):
    """What the engine's allocator is told is the test's alone."""
    monkeypatch.setenv("JE_MALLOC_CONF", "")
    monkeypatch.delenv("JE_MALLOC_CONF")


def test_what_somebody_has_set_himself_stays(monkeypatch):
    monkeypatch.setenv("MALLOC_ARENA_MAX", "8")
    monkeypatch.setenv("JE_MALLOC_CONF", "narenas:1")

    assert not memory.settle()
    assert os.environ["JE_MALLOC_CONF"] == "narenas:1"


def test_the_engines_allocator_is_told_before_its_library_is_loaded(monkeypatch):
    monkeypatch.setattr(memory.ctypes, "CDLL", lambda _: object())
    memory.settle()

    assert "oversize_threshold" in os.environ["JE_MALLOC_CONF"]


def test_another_library_is_left_alone(monkeypatch):
    monkeypatch.delenv("MALLOC_ARENA_MAX", raising=False)
    monkeypatch.setattr(memory.ctypes, "CDLL", lambda _: object())
    memory.give_back()

    assert not memory.settle()


def test_a_process_knows_what_it_has_for_itself(monkeypatch, tmp_path):
    pages = tmp_path / "statm"
    pages.write_text("900 300 100 7 0 80 0\n")
    monkeypatch.setattr(memory, "_PAGES", pages)
    assert memory.own_bytes() == 200 * os.sysconf("SC_PAGE_SIZE")

    pages.unlink()
    assert memory.own_bytes() == 0
