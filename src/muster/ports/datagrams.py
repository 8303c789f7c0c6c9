"""Where datagrams come from, as core sees it."""

from typing import Protocol

import msgspec


class DatagramCounts(msgspec.Struct, frozen=True, kw_only=True):
    """What came since the hub's start."""

    received: int = 0
    dropped: int = 0  # there was no room for them: by the hub
    dropped_by_kernel: int = 0  # or by the machine, before the hub saw them


class DatagramSource(Protocol):
    """A bounded queue of what came; what does not fit is counted."""

    async def take(self, most_bytes: int) -> list[bytes]:
        """The oldest datagrams, at least one, as many as fit; waits for one."""
        ...

    def counts(self) -> DatagramCounts: ...
