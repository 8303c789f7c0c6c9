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
    monkeypatch.setattr(memory, "_MAPPINGS", memory.Path("/nonexistent"))
    memory.give_back()

    assert not memory.settle()


def test_a_process_knows_what_it_has_for_itself(monkeypatch, tmp_path):
    pages = tmp_path / "statm"
    pages.write_text("900 300 100 7 0 80 0\n")
    monkeypatch.setattr(memory, "_PAGES", pages)
    assert memory.own_bytes() == 200 * os.sysconf("SC_PAGE_SIZE")

    pages.unlink()
    assert memory.own_bytes() == 0


MIB = 1 << 20


def pages_of(own, files):
    return memory.Resident((own + files) * MIB, files * MIB)


def let_go(sizes):
    """How large the files were when they were let go."""
    files, gone = memory.Files(), []
    for size in sizes:
        if files.are_many(pages_of(700, size)):
            gone.append(size)
            files.are_gone()
    return gone


def test_a_large_hub_lets_go_of_files_that_were_read_since_the_last_time():
    assert let_go([100, 60, 70, 80, 50, 60, 80]) == [80, 80]


def test_what_is_needed_all_the_time_is_let_go_ever_less_often():
    gone = let_go([50, *[90] * 40])

    assert 5 <= len(gone) <= 12


def test_what_is_always_there_is_left_alone():
    assert let_go([50] * 100) == []


def test_a_small_hub_keeps_what_its_next_question_needs():
    files = memory.Files()
    files.are_many(pages_of(100, 50))

    assert not files.are_many(pages_of(100, 400))


SMAPS = """\
7f0000000000-7f0000800000 r--p 00000000 fe:00 7                          /lib/engine.so
Rss:                4096 kB
Anonymous:             0 kB
VmFlags: rd mr mw me
7f0000800000-7f0001000000 r-xp 00800000 fe:00 7                          /lib/engine.so.2 (deleted)
Anonymous:             0 kB
7f0001000000-7f0001800000 r--p 01000000 fe:00 7                          /lib/engine.so
Anonymous:           512 kB
7f0001800000-7f0002000000 rw-p 01800000 fe:00 7                          /lib/engine.so
Anonymous:             0 kB
7f0002000000-7f0002001000 r-xp 00000000 fe:00 8                          /lib/small.so
Anonymous:             0 kB
7f0003000000-7f0004000000 r--p 00000000 fe:00 9                          /data/journal/1.seg
Anonymous:             0 kB
7f0003800000-7f0004000000 r-xp 00000000 fe:00 9                          /lib/unknown.so
VmFlags: rd ex mr mw me
7f0004000000-7f0005000000 r--p 00000000 00:00 0
Anonymous:             0 kB
"""


def test_only_what_is_in_the_file_as_it_is_here_is_let_go():
    found = list(memory.unchanged_files(SMAPS))

    assert found == [(0x7F0000000000, 0x7F0000800000), (0x7F0000800000, 0x7F0001000000)]


def test_what_is_let_go_is_there_when_it_is_asked_for():
    program = "import numpy, sqlite3, ssl; from muster.hub.process import memory;"
    program += "memory.give_back(); print(numpy.linalg.inv(numpy.eye(3)).sum(),"
    program += "ssl.RAND_bytes(4) != b'')"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)

    assert done.stdout.split() == ["3.0", "True"]
