"""How much of answers may wait for their readers at once.

An answer is held until it is sent: a reader that takes nothing keeps it until the listener gives
up on it. Many such readers would keep the memory of many large answers.
"""

import weakref
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Self

import msgspec

from muster.errors import Unavailable
from muster.influxql.answers.results import StatementResult, cells_of
from muster.net.http import Response

MOST_CELLS = 8_000_000
SMALL = 16_000  # cells that are not worth a count
_PART = 262_144  # bytes of a body that are handed on at once
_RETRY_S = 2.0


class UnsentAnswers:
    """Counts the cells of answers that are not sent yet; used on the event loop's thread."""

    def __init__(self, most: int = MOST_CELLS) -> None:
        self._most = most
        self._held = 0

    @property
    def cells(self) -> int:
        """How many there are now."""
        return self._held

    def hold(self, response: Response, results: Sequence[StatementResult]) -> Response:
        """The same answer, counted until it is sent or nobody takes it any more.

        Errors: Unavailable for one that is not small while too much waits.
        """
        cells = sum(cells_of(each.series) for each in results)
        if cells < SMALL or (response.stream is None and not response.body):
            return response
        if self._held >= self._most:
            raise Unavailable(
                f"answers of {self._held} values wait for readers that are slow; ask again later",
                _RETRY_S,
            )
        self._held += cells
        parts = response.stream or _sliced(response.body)
        stream = _Counted(parts, lambda: self._release(cells))
        return msgspec.structs.replace(response, body=b"", stream=stream)

    def _release(self, cells: int) -> None:
        self._held -= cells


async def _sliced(body: bytes) -> AsyncIterator[bytes]:
    for start in range(0, len(body), _PART):
        yield body[start : start + _PART]


class _Counted:
    """A stream that says when it is gone, also if nobody ever began to read it."""

    def __init__(self, parts: AsyncIterator[bytes], gone: Callable[[], None]) -> None:
        self._parts = parts
        weakref.finalize(self, gone).atexit = False

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> bytes:
        return await anext(self._parts)
