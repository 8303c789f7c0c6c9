"""Which pages of libraries go, and when."""

import subprocess
import sys

from muster.hub.process import libraries, memory
from muster.hub.process.libraries import Libraries, unchanged

MIB = 1 << 20


def pages_of(own, files):
    return memory.Resident((own + files) * MIB, files * MIB)


def let_go(sizes):
    """How large the files were when they were let go."""
    found, gone = Libraries(), []
    for size in sizes:
        if found.are_many(pages_of(700, size)):
            gone.append(size)
            found.let_go()
    return gone


def test_a_large_hub_lets_go_of_files_that_were_read_since_the_last_time():
    assert let_go([100, 60, 70, 80, 50, 60, 80]) == [80, 80]


def test_what_is_needed_all_the_time_is_let_go_ever_less_often():
    gone = let_go([50, *[90] * 40])

    assert 5 <= len(gone) <= 12


def test_what_is_always_there_is_left_alone():
    assert let_go([50] * 100) == []


def test_a_small_hub_keeps_what_its_next_question_needs():
    found = Libraries()
    found.are_many(pages_of(100, 50))

    assert not found.are_many(pages_of(100, 400))


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


class Kernel:
    """Takes down what it is told."""

    def __init__(self, gone):
        self.madvise = lambda *told: gone.append(told)


def test_only_what_is_in_the_file_as_it_is_here_is_let_go():
    found = unchanged(SMAPS)

    assert list(found.values()) == [
        range(0x7F0000000000, 0x7F0000800000),
        range(0x7F0000800000, 0x7F0001000000),
    ]
    assert set(found) <= set(SMAPS.splitlines())


def test_what_is_mapped_in_another_way_since_the_look_is_left_alone(monkeypatch, tmp_path):
    looked_at, mapped, gone = tmp_path / "smaps", tmp_path / "maps", []
    monkeypatch.setattr(libraries, "_LOOKED_AT", looked_at)
    monkeypatch.setattr(libraries, "_MAPPED", mapped)
    monkeypatch.setattr(libraries.ctypes, "CDLL", lambda _: Kernel(gone))
    looked_at.write_text(SMAPS)
    first, second, *_ = unchanged(SMAPS)
    mapped.write_text(f"{first.replace('r--p', 'rw-p')}\n{second}\n")
    found = Libraries()
    found.look()
    found.let_go()

    assert gone == [(0x7F0000800000, 0x800000, 4)]


def test_where_mappings_are_not_told_nothing_is_let_go(monkeypatch, tmp_path):
    gone = []
    monkeypatch.setattr(libraries, "_LOOKED_AT", tmp_path / "none")
    monkeypatch.setattr(libraries, "_MAPPED", tmp_path / "none")
    monkeypatch.setattr(libraries.ctypes, "CDLL", lambda _: Kernel(gone))
    found = Libraries()
    found.look()
    found.let_go()

    assert gone == []


def test_what_is_let_go_is_there_when_it_is_asked_for():
    program = "import numpy, sqlite3, ssl; from muster.hub.process.libraries import Libraries;"
    program += "found = Libraries(); found.look(); found.let_go();"
    program += "print(numpy.linalg.inv(numpy.eye(3)).sum(),"
    program += "ssl.RAND_bytes(4) != b'')"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)

    assert done.stdout.split() == ["3.0", "True"]
