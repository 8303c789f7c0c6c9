"""Texts from files and standard input: documents, and secrets, which no argument takes."""

import sys
from pathlib import Path

from muster.errors import InputError
from muster.log import Secret

MAX_SECRET_BYTES = 64 << 10


def read_text_file(name: str | Path, what: str, most: int) -> str:
    """A document that is no secret, up to `most` characters. `-` is standard input.

    Errors: InputError naming the file.
    """
    try:
        if str(name) == "-":
            text = sys.stdin.read(most + 1)
        else:
            with Path(name).open(encoding="utf-8") as file:
                text = file.read(most + 1)
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "not text"
        raise InputError(f"the {what} {str(name)!r} cannot be read: {reason}") from error
    if len(text) > most:
        raise InputError(f"the {what} {str(name)!r} is longer than {most} characters")
    return text


def read_secret_file(name: str | Path, what: str) -> Secret:
    """One secret, without the newline at its end. `-` is standard input.

    Errors: InputError naming the file; its content is never shown.
    """
    if str(name) == "-":
        text = sys.stdin.read(MAX_SECRET_BYTES)
    else:
        try:
            with Path(name).open(encoding="utf-8") as file:
                text = file.read(MAX_SECRET_BYTES)
        except (OSError, UnicodeDecodeError) as error:
            reason = getattr(error, "strerror", None) or "not text"
            raise InputError(f"the {what} file {str(name)!r} cannot be read: {reason}") from error
    if not text.strip():
        raise InputError(f"the {what} file {str(name)!r} is empty")
    return Secret(text.strip())
