"""How C's malloc keeps the memory of a hub.

Of itself glibc gives each thread an arena, up to eight for each core, and takes a size for small
once a piece of that size has been free: sixteen threads that have put the list of all nodes into
words then hold it sixteen times. Few arenas, and large pieces that go back to the kernel at
once, take a fifth of the hub's memory away.

The engine has an allocator of its own, which keeps for five seconds what an insert has taken, in
case that it comes again. Large pieces go back at once, and the rest within a second.

Pages of libraries count as the hub's too, though they are the kernel's to keep or not: of the
engine's 180 MB that its start has read, half is asked for again.

Source: mallopt(3), jemalloc(3), malloc_trim(3), madvise(2), proc_pid_smaps(5)
"""

import ctypes
import os
from collections.abc import Iterator
from pathlib import Path

_TRIM_THRESHOLD, _MMAP_THRESHOLD, _ARENA_MAX = -1, -3, -8
_LARGE_BYTES = 1 << 20  # asked of the kernel each time, and given back
_ARENAS = 4
_DONTNEED = 4
_ENGINE = "JE_MALLOC_CONF"  # read when the engine's library is loaded
_ENGINE_TOLD = f"oversize_threshold:{2 << 20},dirty_decay_ms:1000"
_MAPPINGS = Path("/proc/self/smaps")
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
    """What is free between what is not, and what libraries were read for once.

    Takes some tenths of a second, hardly any of it with Python's lock.
    """
    library = ctypes.CDLL(None)
    malloc_trim = getattr(library, "malloc_trim", None)
    if malloc_trim is not None:
        malloc_trim(0)
    try:
        text = _MAPPINGS.read_text(errors="replace")
    except OSError:  # not Linux
        return
    madvise = library.madvise
    madvise.argtypes = (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int)
    for start, end in unchanged_files(text):
        madvise(start, end - start, _DONTNEED)


def own_bytes() -> int:
    """What the process has for itself, without files of libraries; 0 where that is not known."""
    try:
        _, resident, shared, *_ = _PAGES.read_text().split()
    except OSError:  # not Linux
        return 0
    return (int(resident) - int(shared)) * os.sysconf("SC_PAGE_SIZE")


def unchanged_files(text: str) -> Iterator[tuple[int, int]]:
    """Where large parts of files are mapped that the process cannot write, and has not written.

    What was written once and sealed then, as addresses in libraries are, is not in the file.
    `text` is that of /proc/PID/smaps.
    """
    start = end = 0
    for line in text.splitlines():
        words = line.split(None, 5)
        if len(words) < 2:
            continue
        if not words[0].endswith(":"):  # a new mapping: range, rights, offset, device, inode, file
            is_file = len(words) == 6 and words[5].startswith("/")
            start = end = 0
            if is_file and words[1] in ("r--p", "r-xp") and ".so" in words[5]:
                start, end = (int(place, 16) for place in words[0].split("-"))
        elif words[0] == "Anonymous:" and words[1] == "0" and end - start >= _LARGE_BYTES:
            yield start, end
