"""Certificates that were found good a moment ago: a busy writer asks with each request.

What was found counts for a second, and no longer than until anything about its node changes.
"""

from collections.abc import Awaitable, Callable

from muster.clock import Clock
from muster.core.changes import Changes, NodeChange
from muster.model.identity import Identity
from muster.model.ids import NodeId

_GOOD_S = 1.0
_MOST = 4_096  # certificates

Check = Callable[[Identity, bytes], Awaitable[None]]


class RecentChecks:
    """Used on the event loop's thread."""

    def __init__(self, *, check: Check, clock: Clock, changes: Changes) -> None:
        self._check = check
        self._clock = clock
        self._good: dict[tuple[Identity, bytes], float] = {}  # until when
        self._changed = 0
        changes.watch(self._forget)

    def is_good(self, identity: Identity, certificate: bytes) -> bool:
        """Whether `check` would have to look at nothing."""
        return self._clock.monotonic() < self._good.get((identity, certificate), 0.0)

    async def check(self, identity: Identity, certificate: bytes) -> None:
        """As the check that it stands before."""
        if self.is_good(identity, certificate):
            return
        key = (identity, certificate)
        changed = self._changed
        await self._check(identity, certificate)
        if changed != self._changed:  # perhaps this node, after it was looked at
            return
        if len(self._good) >= _MOST:
            self._good.clear()
        self._good[key] = self._clock.monotonic() + _GOOD_S

    def _forget(self, node: NodeId, change: NodeChange) -> None:
        del change
        self._changed += 1
        for key in [key for key in self._good if key[0].node == node]:
            del self._good[key]
