"""How many connections a listener holds, in total and from one network.

Counted from the moment of accepting, before any TLS byte, so that silent handshakes count.
"""

from collections import Counter
from collections.abc import Callable

from muster.model.address import is_own_machine, network_of


class Admission:
    """Counts connections; `refused` is how many were turned away.

    An unlimited address may take every place: everybody comes from a reverse proxy's.
    """

    def __init__(
        self,
        total: int,
        per_network: int,
        is_unlimited: Callable[[str], bool] = is_own_machine,
    ) -> None:
        self._total = total
        self._per = per_network
        self._is_unlimited = is_unlimited
        self._open: Counter[str] = Counter()
        self.held = 0
        self.refused = 0

    def enter(self, address: str) -> bool:
        """Take a place. False when there is none; then `leave` must not be called."""
        place = network_of(address)
        is_over = self._open[place] >= self._per and not self._is_unlimited(address)
        if self.held >= self._total or is_over:
            self.refused += 1
            return False
        self._open[place] += 1
        self.held += 1
        return True

    def leave(self, address: str) -> None:
        place = network_of(address)
        self.held -= 1
        self._open[place] -= 1
        if not self._open[place]:
            del self._open[place]
