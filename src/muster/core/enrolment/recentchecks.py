"""Certificates that were found good a moment ago: a busy writer asks with each request.

What was found counts for a second, and no longer than until anything about its node changes.
A certificate that was in use when its successor came counts for another minute: a program that
shares it with the agent (Telegraf) learns of the new one by its files, and has yet to be told.
"""

from collections.abc import Awaitable, Callable

from muster.clock import Clock
from muster.core.changes import Changes, NodeChange
from muster.core.enrolment.admission import CredentialRefused
from muster.model.identity import Identity
from muster.model.ids import NodeId

_GOOD_S = 1.0
_LEAVING_S = 60.0
_GOES_ON = (NodeChange.CREDENTIAL, NodeChange.EDITED)
_MOST = 4_096  # certificates

Check = Callable[[Identity, bytes], Awaitable[None]]
Shown = tuple[Identity, bytes]


class RecentChecks:
    """Used on the event loop's thread."""

    def __init__(self, *, check: Check, clock: Clock, changes: Changes) -> None:
        self._check = check
        self._clock = clock
        self._good: dict[Shown, float] = {}  # until when
        self._leaving: dict[Shown, float] = {}  # likewise, once it was replaced
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
        try:
            await self._check(identity, certificate)
        except CredentialRefused as error:
            if error.code != "credential_retired" or not self._is_leaving(key):
                raise
            return
        if changed != self._changed:  # perhaps this node, after it was looked at
            return
        if len(self._good) >= _MOST:
            self._good.clear()
        self._good[key] = self._clock.monotonic() + _GOOD_S

    def _is_leaving(self, key: Shown) -> bool:
        """Whether a replaced one was in use right before. That is told after it is recorded."""
        if self._good.pop(key, None) is not None:
            self._leave(key)
        return self._clock.monotonic() < self._leaving.get(key, 0.0)

    def _leave(self, key: Shown) -> None:
        now = self._clock.monotonic()
        if len(self._leaving) >= _MOST:
            self._leaving = {key: end for key, end in self._leaving.items() if now < end}
        if len(self._leaving) < _MOST:
            self._leaving[key] = now + _LEAVING_S

    def _forget(self, node: NodeId, change: NodeChange) -> None:
        self._changed += 1
        for key in [key for key in self._good if key[0].node == node]:
            if change is NodeChange.EDITED:
                self._good[key] = 0.0  # it is in use, and looked at again
                continue
            del self._good[key]
            if change is NodeChange.CREDENTIAL:
                self._leave(key)
        if change not in _GOES_ON:
            for key in [key for key in self._leaving if key[0].node == node]:
                del self._leaving[key]
