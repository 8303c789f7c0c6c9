"""Texts that a machine signs to be let in: JSON of one shape, bounded, over which a proof is made.

What is signed is the very text that is sent, so that nothing has to be written the same way
twice. Each kind has a domain of its own: a proof of one is none of another.
"""

from typing import TypeVar

import msgspec

from muster.errors import InputError

T = TypeVar("T", bound=msgspec.Struct)


class SignedText:
    """One kind of such texts. `what` is its name in errors; `most` characters at the most."""

    def __init__(self, what: str, *, domain: bytes, most: int) -> None:
        self._what = what
        self._domain = domain
        self._most = most

    def format(self, content: msgspec.Struct) -> str:
        """The text to sign. Errors: InputError when it is longer than a hub takes."""
        text = msgspec.json.encode(content).decode()
        if len(text) > self._most:
            raise InputError(f"{self._what} would be longer than {self._most} characters")
        return text

    def parse(self, text: str, type: type[T]) -> T:
        """Read a text, proved or not. Errors: InputError that names the place."""
        if len(text) > self._most:
            raise InputError(f"{self._what} is longer than {self._most} characters")
        try:
            return msgspec.json.decode(text, type=type)
        except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
            raise InputError(f"{self._what}: {error}") from error

    def message(self, text: str) -> bytes:
        """The bytes that the proof is made over. Errors: InputError for what is no Unicode."""
        try:
            return self._domain + text.encode()
        except UnicodeEncodeError as error:
            raise InputError(f"{self._what} is no text") from error
