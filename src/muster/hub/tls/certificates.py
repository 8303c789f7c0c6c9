"""The hub's own server certificate: its names, its file, and when it is made anew.

It carries every configured name, the host's name, localhost and the addresses of this
machine. It is re-issued when those change or half its life is over, and every listener
takes the new one from its next handshake on.
"""

import asyncio
import logging
import re
import socket
import ssl
from collections.abc import Callable, Iterable
from pathlib import Path

from muster.clock import Clock
from muster.errors import InputError, MusterError
from muster.net.addresses import machine_addresses
from muster.net.tls import SwapContext, server_context
from muster.pki import keys
from muster.pki.names import MAX_NAMES
from muster.pki.profile import renew_at
from muster.ports.signer import Authority
from muster.store.files import write_private

log = logging.getLogger(__name__)

LOOK_S = 60.0
_PLAIN = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9.-]{0,61}[A-Za-z0-9])?")


def wanted_names(configured: Iterable[str]) -> list[str]:
    """Configured names first, then those of this machine; no more than a certificate holds."""
    host = socket.gethostname()
    own = [host] if _PLAIN.fullmatch(host) else []  # the kernel takes any text as host name
    names = [*configured, *own, "localhost", *machine_addresses()]
    return list(dict.fromkeys(name.lower() for name in names if name))[:MAX_NAMES]


def known_hosts(configured: Iterable[str]) -> list[str]:
    """Names that browsers may ask for: as above, and this machine's name by itself and in mDNS.

    None of them can be had by another site.
    """
    names = [name.rstrip(".") for name in wanted_names(configured)]
    short = socket.gethostname().lower().partition(".")[0]
    return [*names, short, f"{short}.local"] if short else names


class ServerCertificate:
    """Keeps the certificate file and the listeners' contexts up to date.

    `contexts` are made by `agents` and `enrol`; call `prepare` before them. The web listener
    has its own: hub/tls/webcertificate.py.
    """

    def __init__(
        self,
        *,
        file: Path,
        authority: Authority,
        clock: Clock,
        names: Callable[[], list[str]],
    ) -> None:
        self._file = file
        self._authority = authority
        self._clock = clock
        self._names = names
        self._shown = self._clients()  # what the listeners go by
        self._swaps: list[tuple[SwapContext, Callable[[], ssl.SSLContext]]] = []

    def prepare(self) -> bool:
        """Make the certificate when there is none that serves; whether one was made.

        Errors: Unavailable when it cannot be written, InputError for a name that is none.
        """
        names = self._names()
        if self._serves(names):
            return False
        issued = self._authority.issue_server(names, now_ns=self._clock.now_ns())
        write_private(self._file, (issued.key.reveal() + issued.chain).encode())
        log.info(
            "server certificate issued",
            extra={"names": ",".join(names), "serial": issued.view.serial},
        )
        return True

    def agents(self) -> ssl.SSLContext:
        """Agents: a certificate of this hub is demanded at the handshake."""
        return self._add(lambda: server_context(self._file, clients=self._clients()))

    def _clients(self) -> str:
        """Roots and issuers: a chain that ends at an issuer costs a handshake a signature less."""
        return self._authority.anchors + self._authority.trust.agents

    def enrol(self) -> ssl.SSLContext:
        return self._add(lambda: server_context(self._file))

    def _add(self, build: Callable[[], ssl.SSLContext]) -> ssl.SSLContext:
        swap = SwapContext(build())
        self._swaps.append((swap, build))
        return swap.entry

    def look(self) -> None:
        """Re-issue when due and move all listeners to the new certificate, roots and issuers.

        Errors: as `prepare`; the old one stays in use.
        """
        clients = self._clients()
        if self.prepare() or clients != self._shown:
            for swap, build in self._swaps:
                swap.swap(build())
            self._shown = clients

    async def run(self) -> None:
        """Look every minute, until cancelled."""
        while True:
            await asyncio.sleep(LOOK_S)
            try:
                await asyncio.to_thread(self.look)
            except MusterError as error:
                log.warning("server certificate not renewed", extra={"error": str(error)})

    def _serves(self, names: list[str]) -> bool:
        try:
            leaf, *tail = keys.load_chain(self._file.read_text())
            view = keys.view(leaf)
        except (OSError, InputError, ValueError):  # none there, or not one of ours
            return False
        now_ns = self._clock.now_ns()
        return (
            set(view.names) == set(names)
            and keys.format_chain(*tail) == self._authority.trust.server_tail
            and view.not_before_ns <= now_ns < renew_at(view.not_before_ns, view.not_after_ns, 0.0)
        )
