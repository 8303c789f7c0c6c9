"""Pages of libraries that a hub has in memory, let go of.

They count as the hub's, though they are the kernel's to keep or not: of the engine's 180 MB that
its start has read, half is asked for again; 50 MB of them for each segment that goes into it, which
is when the hub's own memory is at its peak. So a hub that is large lets them go each time; a small
one keeps them, for its next question needs them again.

What a mapping holds of its own is told by the kernel after a look at each of its pages, which
takes 40 ms in a large hub. So that is asked seldom, and each time only whether the mapping is
still there.

Source: madvise(2), proc_pid_maps(5), proc_pid_smaps(5)
"""

import ctypes
import re
from collections.abc import Mapping
from pathlib import Path

from muster.hub.process.memory import Resident

_DONTNEED = 4
_MAPPED = Path("/proc/self/maps")
_LOOKED_AT = Path("/proc/self/smaps")
# Of a mapping of a library: range, rights, and what is Anonymous of it in the lines below.
_UNCHANGED = re.compile(
    r"^(([0-9a-f]+)-([0-9a-f]+) r-[x-]p [^/\n]*/[^\n]*\.so[^\n]*)\n"
    r"(?:[A-Z][^\n]*\n)*?Anonymous: +0 kB",
    re.MULTILINE,
)
_LARGE_BYTES = 1 << 20  # of a mapping
_LARGE_HUB_BYTES = 600 << 20  # resident
_SOME_BYTES = 16 << 20  # of libraries, read since the last time


class Libraries:
    """When a large hub lets go of libraries' pages, and which."""

    def __init__(self) -> None:
        self._least: int | None = None  # that there were
        self._kept = 0  # for what is needed all the time
        self._unchanged: Mapping[str, range] = {}

    def are_many(self, now: Resident) -> bool:
        """Asked some times a second; whether more was read than lately was needed all the time."""
        self._least = now.files if self._least is None else min(now.files, self._least)
        self._kept = max(self._least, min(now.files, self._kept - _SOME_BYTES // 32))
        return now.all >= _LARGE_HUB_BYTES and now.files >= self._kept + _SOME_BYTES

    def look(self) -> None:
        """Find out anew what may go: once all is loaded, and now and then. Some 40 ms."""
        self._unchanged = unchanged(_text(_LOOKED_AT))

    def let_go(self) -> None:
        """What was found by the last look, and is there still; some milliseconds.

        What is there again soon, time after time, is needed: it is let go less often.
        """
        madvise = ctypes.CDLL(None).madvise
        madvise.argtypes = (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int)
        for line in self._unchanged.keys() & set(_text(_MAPPED).splitlines()):
            madvise(self._unchanged[line].start, len(self._unchanged[line]), _DONTNEED)
        self._kept += _SOME_BYTES // 4


def unchanged(text: str) -> dict[str, range]:
    """Large parts of files that the process cannot write, and has not written, by their lines.

    What was written once and sealed then, as addresses in libraries are, is not in the file.
    `text` is that of /proc/PID/smaps.
    """
    found = {
        each[1]: range(int(each[2], 16), int(each[3], 16)) for each in _UNCHANGED.finditer(text)
    }
    return {line: part for line, part in found.items() if len(part) >= _LARGE_BYTES}


def _text(file: Path) -> str:
    try:
        return file.read_text(errors="replace")
    except OSError:  # not Linux
        return ""
