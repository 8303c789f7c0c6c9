"""Whether anybody answers at a socket file: who was killed leaves the file behind."""

import contextlib
import socket
from pathlib import Path

from muster.net.socketpath import short_path


def is_answered(path: Path) -> bool:
    """Errors: PermissionError, with the path, when the folder is another user's."""
    try:
        with (
            short_path(path) as name,
            contextlib.closing(socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)) as asked,
        ):
            asked.connect(name)
    except PermissionError as error:
        raise PermissionError(error.errno, error.strerror, str(path)) from error
    except (FileNotFoundError, NotADirectoryError, ConnectionRefusedError):
        return False
    return True
