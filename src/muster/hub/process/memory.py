"""How C's malloc keeps the memory of a hub.

Of itself glibc gives each thread an arena, up to eight for each core, and takes a size for small
once a piece of that size has been free: sixteen threads that have put the list of all nodes into
words then hold it sixteen times. Few arenas, and large pieces that go back to the kernel at
once, take a fifth of the hub's memory away.

The engine has an allocator of its own, which keeps for five seconds what an insert has taken, in
case that it comes again. Large pieces go back at once, and the rest within a second.

Source: mallopt(3), jemalloc(3), malloc_trim(3)
"""

import ctypes
import os
from pathlib import Path
from typing import NamedTuple

_TRIM_THRESHOLD, _MMAP_THRESHOLD, _ARENA_MAX = -1, -3, -8
_LARGE_BYTES = 1 << 20  # asked of the kernel each time, and given back
_ARENAS = 4
_ENGINE = "JE_MALLOC_CONF"  # read when the engine's library is loaded
_ENGINE_TOLD = f"oversize_threshold:{2 << 20},dirty_decay_ms:1000"
_PAGES = Path("/proc/self/statm")


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
    """What is free between what is not.

    Takes some tenths of a second, hardly any of it with Python's lock.
    """
    malloc_trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if malloc_trim is not None:
        malloc_trim(0)


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
