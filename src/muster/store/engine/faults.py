"""What a fault in compiled code does to the process that has the engine's library in it.

The library takes the signals of faults for itself, reports to where nobody reads, and then waits
for ever: the process would neither work nor end, and nobody would start another.
"""

import ctypes
import faulthandler
import signal

# Those that faulthandler does not take.
_OTHERS = (signal.SIGTRAP, signal.SIGSYS, signal.SIGTSTP)
_FAULTS = (signal.SIGSEGV, signal.SIGBUS, signal.SIGILL, signal.SIGFPE, signal.SIGABRT)
_STDERR = 2


def end_by_faults() -> None:
    """From here on a fault writes to standard error where every thread was, and ends the process.

    Any thread may call it, unlike `signal.signal`. Once more is no harm.
    """
    faulthandler.disable()
    by_default = ctypes.CDLL(None).signal
    by_default.argtypes, by_default.restype = (ctypes.c_int, ctypes.c_void_p), ctypes.c_void_p
    for number in (*_FAULTS, *_OTHERS):
        by_default(int(number), None)
    faulthandler.enable(_STDERR)
