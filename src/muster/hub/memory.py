"""How C's malloc keeps the memory of a hub.

Of itself glibc gives each thread an arena, up to eight for each core, and takes a size for small
once a piece of that size has been free: sixteen threads that have put the list of all nodes into
words then hold it sixteen times. Few arenas, and large pieces that go back to the kernel at
once, take a fifth of the hub's memory away; engines bring an allocator of their own.

Source: mallopt(3), malloc_trim(3)
"""

import ctypes
import os

_TRIM_THRESHOLD, _MMAP_THRESHOLD, _ARENA_MAX = -1, -3, -8
_LARGE_BYTES = 1 << 20  # asked of the kernel each time, and given back
_ARENAS = 4


def settle() -> bool:
    """Before there are threads; whether it is glibc's, and does as it is told.

    What somebody has set himself stays.
    """
    if any(name.startswith("MALLOC_") for name in os.environ):
        return False
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is None:  # musl keeps less anyway
        return False
    told = ((_MMAP_THRESHOLD, _LARGE_BYTES), (_TRIM_THRESHOLD, _LARGE_BYTES), (_ARENA_MAX, _ARENAS))
    return all(mallopt(*each) for each in told)


def trim() -> None:
    """Give back what is free between what is not. Takes up to some tens of milliseconds."""
    malloc_trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if malloc_trim is not None:
        malloc_trim(0)
