"""Names for unix sockets that fit the kernel's limit, however deep their folder lies.

Source: unix(7): 108 bytes, less the final zero
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

MOST_BYTES = 107


@contextmanager
def short_path(path: Path) -> Iterator[str]:
    """A name to bind or connect a unix socket by; a long one goes by way of its open folder.

    Errors: OSError when the folder is not there.
    """
    if len(os.fsencode(path)) <= MOST_BYTES:
        yield str(path)
        return
    folder = os.open(path.parent, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield f"/proc/self/fd/{folder}/{path.name}"
    finally:
        os.close(folder)
