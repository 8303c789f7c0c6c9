"""Files of dashboards as commands read and write them."""

import re
import sys
from pathlib import Path
from typing import Any, NamedTuple

from muster.errors import InputError

MAX_BYTES = 4 << 20
_KEY = re.compile(r"([a-z_]+(?:\[\d+\])?(?:\.[a-z_]+(?:\[\d+\])?)*): (.*)", re.DOTALL)


class BoardFile(NamedTuple):
    """A file that is a dashboard: its name, its text and the document that the hub takes."""

    file: str
    text: str
    id: str
    document: Any


def read_board(path: Path) -> BoardFile:
    """Read and check a file. Errors: InputError with file, line and key."""
    from muster.wire.dashboardfile import parse_dashboard

    text = read_text(path)
    dashboard = parse_dashboard(text, str(path))
    return BoardFile(str(path), text, dashboard.id, dashboard)


def read_text(path: Path) -> str:
    """A file, or standard input for `-`. Errors: InputError."""
    try:
        data = sys.stdin.buffer.read(MAX_BYTES + 1) if str(path) == "-" else _read(path)
        if len(data) > MAX_BYTES:
            raise InputError(f"{path}: more than {MAX_BYTES} bytes")
        return data.decode()
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: is not UTF-8") from error


def _read(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(MAX_BYTES + 1)


def write_text(path: Path, text: str) -> None:
    """Errors: InputError."""
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise InputError(f"{path}: cannot be written: {error.strerror}") from error


def located(error: InputError, board: BoardFile) -> InputError:
    """What the hub says of a dashboard, with the line of the file that it is about."""
    from muster.wire.tomlplaces import line_of

    found = _KEY.fullmatch(str(error))
    line = line_of(board.text, found[1]) if found else 0
    told = InputError(f"{board.file}{f':{line}' if line else ''}: {error}")
    told.code = error.code
    return told
