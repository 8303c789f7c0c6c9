"""Says who was refused in the handshake for their client certificate, and not too often.

The first of a network is logged at once; what follows within a minute is counted, and told in
one line at its end. Networks are counted one by one up to a bound, those beyond it together.
"""

import asyncio
import logging
import ssl
from collections.abc import Callable

from muster.model.address import network_of

log = logging.getLogger(__name__)

EVERY_S = 60.0
MAX_NETWORKS = 1_000
OTHERS = "others"
Later = Callable[[float, Callable[[], None]], object]  # seconds, what to do then

_NONE_SHOWN = "PEER_DID_NOT_RETURN_A_CERTIFICATE"


def why_refused(error: OSError) -> str:
    """What was wrong with the peer's certificate; empty when the handshake failed otherwise."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return error.verify_message
    if getattr(error, "reason", None) == _NONE_SHOWN:  # of an SSLError
        return "no certificate was shown"
    return ""


def _on_the_loop(seconds: float, deed: Callable[[], None]) -> None:
    asyncio.get_running_loop().call_later(seconds, deed)


class Refusals:
    """Of one listener."""

    def __init__(self, listener: str, later: Later = _on_the_loop) -> None:
        self._listener = listener
        self._later = later
        self._since: dict[str, int] = {}  # network -> refused since its last line
        self._last: dict[str, tuple[str, str]] = {}  # network -> address and reason of the newest

    def note(self, address: str, error: OSError) -> bool:
        """Log or count one. False when it is not about a certificate: it is not told then."""
        reason = why_refused(error)
        if not reason:
            return False
        network = network_of(address)
        if network not in self._since and len(self._since) >= MAX_NETWORKS:
            network = OTHERS
        self._last[network] = address, reason
        if network in self._since:
            self._since[network] += 1
        else:
            self._tell(network, 1)
        return True

    def _tell(self, network: str, count: int) -> None:
        address, reason = self._last[network]
        log.info(
            "client certificate refused",
            extra={
                "listener": self._listener,
                "network": network,
                "address": address,
                "reason": reason,
                "count": count,
            },
        )
        self._since[network] = 0
        self._later(EVERY_S, lambda: self._end_minute(network))

    def _end_minute(self, network: str) -> None:
        if count := self._since[network]:
            self._tell(network, count)
        else:
            del self._since[network], self._last[network]
