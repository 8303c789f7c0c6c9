"""What was read of all rows of a table, for as long as nothing changes.

A list of ten thousand nodes is asked for once a second, and reading it takes a seventh of one.
"""

from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

from muster.store.records.database import Database
from muster.store.records.watchedtables import Subject

_MOST = 8  # lists of one moment: one of each space that is looked at

T = TypeVar("T")


class RememberedRows(Generic[T]):
    """The answers to some questions of one kind, made of what `subject` is. Any thread may ask."""

    def __init__(self, database: Database, subject: Subject, *, most: int = _MOST) -> None:
        self._most = most
        self._watched = database.watched
        self._subject = subject
        self._held: tuple[int, dict[Hashable, T]] = (-1, {})

    def peek(self, key: Hashable) -> T | None:
        """What was read and still holds; None: it has to be read."""
        version, known = self._held
        return known.get(key) if version == self._watched.count(self._subject) else None

    def get(self, key: Hashable, read: Callable[[], T]) -> T:
        """What `read` gives, now or since the last change. Not to be changed by who asks."""
        # The number of before it is read: it may be read again, never late.
        version = self._watched.count(self._subject)
        held = self._held
        if held[0] != version or len(held[1]) >= self._most:
            held = self._held = (version, {})
        if key not in held[1]:
            held[1][key] = read()
        return held[1][key]
