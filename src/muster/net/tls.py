"""TLS contexts: what each listener demands and what each client verifies.

Agents and claims speak TLS 1.3 alone; browsers may come with 1.2. Where a client
certificate is the authority no session ticket is given out, so that every connection shows
its certificate again and a revoked one cannot come back on an old session.
"""

import ssl
from pathlib import Path

from muster.errors import SettingsError


def server_context(
    certificate: Path, *, clients: str = "", minimum: ssl.TLSVersion = ssl.TLSVersion.TLSv1_3
) -> ssl.SSLContext:
    """Build a listener's context.

    Shapes: `certificate` is one PEM file of private key and chain, leaf first; `clients` are
            the PEM anchors that client certificates must lead to, empty to ask for none.
    Errors: SettingsError when the file cannot be used.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = minimum
    context.options |= ssl.OP_NO_COMPRESSION | ssl.OP_NO_RENEGOTIATION
    context.verify_flags |= ssl.VERIFY_X509_STRICT
    context.set_alpn_protocols(["http/1.1"])
    if minimum is ssl.TLSVersion.TLSv1_3:
        context.num_tickets = 0
    try:
        context.load_cert_chain(certificate)
        if clients:
            context.load_verify_locations(cadata=clients)
            context.verify_mode = ssl.CERT_REQUIRED
    except (OSError, ssl.SSLError) as error:
        raise SettingsError(f"server certificate cannot be used: {error}", str(certificate)) from (
            error
        )
    return context


class SwapContext:
    """A context whose certificate and client anchors change while its listener runs.

    The listener keeps `entry`; each handshake is moved to the newest context, with or without
    a server name sent. Connections already open stay as they are.
    """

    def __init__(self, context: ssl.SSLContext) -> None:
        self.entry = context
        self._current = context
        context.sni_callback = self._choose

    def swap(self, context: ssl.SSLContext) -> None:
        """Use another certificate and other anchors from the next handshake on."""
        self._current = context

    def _choose(
        self, connection: ssl.SSLSocket | ssl.SSLObject, _name: str | None, _entry: ssl.SSLContext
    ) -> int | None:
        if self._current is not self.entry:
            connection.context = self._current
        return None
