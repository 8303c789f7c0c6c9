"""A thread that does one thing at a time and may hang without hurting anybody.

What can block for ever (statvfs of a dead NFS server, a stuck command) runs in a lane. Nobody
waits for it longer than he likes: while it is busy it takes no new work, and at exit it is
left behind, being a daemon.
"""

import threading
from collections.abc import Callable
from queue import Empty, SimpleQueue
from typing import Generic, NamedTuple, Protocol, TypeVar

T = TypeVar("T")


class Outcome(NamedTuple, Generic[T]):
    """What a piece of work came to: a value, or the error that it raised."""

    value: T | None
    error: Exception | None


class Lane(Protocol[T]):
    """One thing at a time, elsewhere."""

    @property
    def busy(self) -> bool:
        """Whether work was started whose outcome has not been taken."""
        ...

    def start(self, work: Callable[[], T]) -> bool:
        """Begin; False, and nothing done, while busy."""
        ...

    def take(self, timeout_s: float = 0.0) -> Outcome[T] | None:
        """The outcome, waiting at most so long; None while there is none."""
        ...

    def close(self) -> None:
        """End the thread as soon as it is free; never waits."""
        ...


class ThreadLane(Generic[T]):
    """A Lane on a daemon thread, which starts with the first work."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._work: SimpleQueue[Callable[[], T] | None] = SimpleQueue()
        self._done: SimpleQueue[Outcome[T]] = SimpleQueue()
        self._thread: threading.Thread | None = None
        self._busy = False

    @property
    def busy(self) -> bool:
        return self._busy

    def start(self, work: Callable[[], T]) -> bool:
        if self._busy:
            return False
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name=self._name, daemon=True)
            self._thread.start()
        self._busy = True
        self._work.put(work)
        return True

    def take(self, timeout_s: float = 0.0) -> Outcome[T] | None:
        try:
            outcome = self._done.get(timeout_s > 0.0, timeout_s or None)
        except Empty:
            return None
        self._busy = False
        return outcome

    def close(self) -> None:
        if self._thread is not None:
            self._work.put(None)
            self._thread = None

    def _run(self) -> None:
        while (work := self._work.get()) is not None:
            outcome: Outcome[T]
            try:
                outcome = Outcome(work(), None)
            except Exception as error:  # handed to whoever takes the outcome
                outcome = Outcome(None, error)
            self._done.put(outcome)
