"""How C's malloc keeps the memory of a hub.

Of itself glibc gives each thread an arena, up to eight for each core, and takes a size for small
once a piece of that size has been free: sixteen threads that have put the list of all nodes into
words then hold it sixteen times. Few arenas, and large pieces that go back to the kernel at
once, take a fifth of the hub's memory away.

The engine has an allocator of its own, which keeps for five seconds what an insert has taken, in
case that it comes again. Large pieces go back at once, and the rest within a second.

Pages of libraries count as the hub's too, though they are the kernel's to keep or not: of the
engine's 180 MB that its start has read, half is asked for again; 50 MB of them for each segment
that goes into it, which is when the hub's own memory is at its peak. So a hub that is large lets
them go each time; a small one keeps them, for its next question needs them again.

Source: mallopt(3), jemalloc(3), malloc_trim(3), madvise(2), proc_pid_smaps(5)
"""

import ctypes
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

_TRIM_THRESHOLD, _MMAP_THRESHOLD, _ARENA_MAX = -1, -3, -8
_LARGE_BYTES = 1 << 20  # asked of the kernel each time, and given back
_ARENAS = 4
_DONTNEED = 4
_ENGINE = "JE_MALLOC_CONF"  # read when the engine's library is loaded
_ENGINE_TOLD = f"oversize_threshold:{2 << 20},dirty_decay_ms:1000"
_MAPPINGS = Path("/proc/self/smaps")
_PAGES = Path("/proc/self/statm")
# Of a mapping of a library: range, rights, and what is Anonymous of it in the lines below.
_UNCHANGED = re.compile(
    r"^([0-9a-f]+)-([0-9a-f]+) r-[x-]p [^/\n]*/[^\n]*\.so[^\n]*\n"
    r"(?:[A-Z][^\n]*\n)*?Anonymous: +0 kB",
    re.MULTILINE,
)
_LARGE_HUB_BYTES = 600 << 20  # resident
_SOME_BYTES = 16 << 20  # of libraries, read since the last time


def settle() -> bool:
    """Before there are threads; whether it is glibc's, and does as it is told.

    What somebody has set himself stays.
    """
    os.environ.setdefault(_ENGINE, _ENGINE_TOLD)
    if any(name.startswith("MALLOC_") for name in os.environ):
        return False
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is None:  # musl keeps less anyway
        return False
    told = ((_MMAP_THRESHOLD, _LARGE_BYTES), (_TRIM_THRESHOLD, _LARGE_BYTES), (_ARENA_MAX, _ARENAS))
    return all(mallopt(*each) for each in told)


def give_back() -> None:
    """What is free between what is not, and what libraries were read for once.

    Takes some tenths of a second, hardly any of it with Python's lock.
    """
    malloc_trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if malloc_trim is not None:
        malloc_trim(0)
    let_files_go()


def let_files_go() -> None:
    """What libraries were read for: some hundredths of a second."""
    try:
        text = _MAPPINGS.read_text(errors="replace")
    except OSError:  # not Linux
        return
    madvise = ctypes.CDLL(None).madvise
    madvise.argtypes = (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int)
    for start, end in unchanged_files(text):
        madvise(start, end - start, _DONTNEED)


class Resident(NamedTuple):
    """What a process has in memory, in bytes; 0 where that is not known."""

    all: int
    files: int  # of it, pages of libraries


def resident() -> Resident:
    """Of this process, now."""
    try:
        _, pages, shared, *_ = _PAGES.read_text().split()
    except OSError:  # not Linux
        return Resident(0, 0)
    size = os.sysconf("SC_PAGE_SIZE")
    return Resident(int(pages) * size, int(shared) * size)


def own_bytes() -> int:
    """What the process has for itself, without files of libraries; 0 where that is not known."""
    found = resident()
    return found.all - found.files


class Files:
    """When a large hub lets go of libraries' pages."""

    def __init__(self) -> None:
        self._least: int | None = None  # that there were
        self._kept = 0  # for what is needed all the time

    def are_many(self, now: Resident) -> bool:
        """Asked some times a second; whether more was read than lately was needed all the time."""
        self._least = now.files if self._least is None else min(now.files, self._least)
        self._kept = max(self._least, min(now.files, self._kept - _SOME_BYTES // 32))
        return now.all >= _LARGE_HUB_BYTES and now.files >= self._kept + _SOME_BYTES

    def are_gone(self) -> None:
        """They were let go: what is there again soon, time after time, is needed."""
        self._kept += _SOME_BYTES // 4


def unchanged_files(text: str) -> Iterator[tuple[int, int]]:
    """Where large parts of files are mapped that the process cannot write, and has not written.

    What was written once and sealed then, as addresses in libraries are, is not in the file.
    `text` is that of /proc/PID/smaps.
    """
    for found in _UNCHANGED.finditer(text):
        start, end = int(found[1], 16), int(found[2], 16)
        if end - start >= _LARGE_BYTES:
            yield start, end
