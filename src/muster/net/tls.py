"""TLS contexts: what each listener demands and what each client verifies.

Agents and claims speak TLS 1.3 alone; browsers may come with 1.2. Where a client
certificate is the authority no session ticket is given out, so that every connection shows
its certificate again and a revoked one cannot come back on an old session.
"""

import ssl
from pathlib import Path

from muster.errors import SettingsError, Unavailable

# OpenSSL's X509_V_ERR_*: what a peer's certificate failed on
_NOT_YET_VALID, _EXPIRED = 9, 10
_HOST_MISMATCH = (62, 64)
# An anchor may be an intermediate that somebody brought along: what stands above it has no say.
_ANCHORS_AS_THEY_ARE = ssl.VERIFY_X509_PARTIAL_CHAIN
# Alerts by which a peer refuses our certificate, as OpenSSL spells them
_ALERTS = {
    "CERTIFICATE_EXPIRED": ("credential_expired", "this node's certificate has expired"),
    "CERTIFICATE_REVOKED": ("credential_revoked", "this node's certificate is revoked"),
    "CERTIFICATE_REQUIRED": ("credential_missing", "it demands a client certificate"),
    "UNKNOWN_CA": ("credential_foreign", "this node's certificate is of another hub"),
    "BAD_CERTIFICATE": ("credential_refused", "it refuses this node's certificate"),
    "UNSUPPORTED_CERTIFICATE": ("credential_refused", "it refuses this node's certificate"),
    "CERTIFICATE_UNKNOWN": ("credential_refused", "it refuses this node's certificate"),
    "ACCESS_DENIED": ("credential_refused", "it refuses this node's certificate"),
}


def server_context(
    certificate: Path,
    *,
    key: Path | None = None,
    clients: str = "",
    minimum: ssl.TLSVersion = ssl.TLSVersion.TLSv1_3,
) -> ssl.SSLContext:
    """Build a listener's context.

    Shapes: `certificate` is a PEM file of the chain, leaf first, and of the private key unless
            `key` has it; `clients` are the PEM anchors that client certificates must lead to,
            empty to ask for none.
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
        context.load_cert_chain(certificate, key, _no_password)
        if clients:
            context.verify_flags |= _ANCHORS_AS_THEY_ARE
            context.load_verify_locations(cadata=clients)
            context.verify_mode = ssl.CERT_REQUIRED
    except ssl.SSLError as error:
        if error.reason == "KEY_VALUES_MISMATCH":
            text = f"certificate and private key do not belong together (key: {key or 'within'})"
        else:
            text = f"server certificate cannot be used: {error}"
        raise SettingsError(text, str(certificate)) from error
    except OSError as error:
        raise SettingsError(f"server certificate cannot be used: {error}", str(certificate)) from (
            error
        )
    return context


def _no_password() -> str:
    """OpenSSL would ask at the terminal, and wait. Errors: SettingsError."""
    raise SettingsError("the private key has a password; store it without one, mode 0600")


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


class TlsRefused(Unavailable):
    """A TLS handshake failed. `cause` is stable: what to do depends on it."""

    code = "tls_refused"

    def __init__(self, failure: tuple[str, str]) -> None:
        self.cause, text = failure
        super().__init__(text)


def client_context(
    anchors: str, *, key: Path | None = None, chain: Path | None = None
) -> ssl.SSLContext:
    """Build a client's context: TLS 1.3, these PEM anchors and no others, name checked.

    Errors: SettingsError when anchors, key or chain cannot be used together.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.verify_flags |= ssl.VERIFY_X509_STRICT | _ANCHORS_AS_THEY_ARE
    try:
        context.load_verify_locations(cadata=anchors)
    except (ssl.SSLError, ValueError) as error:
        raise SettingsError(f"trust anchors cannot be used: {error}") from error
    if chain is not None:
        try:
            context.load_cert_chain(chain, key)
        except (OSError, ssl.SSLError) as error:
            text = f"this certificate and the key beside it cannot be used together: {error}"
            raise SettingsError(text, str(chain)) from error
    return context


def untrusting_context() -> ssl.SSLContext:
    """A client's context that verifies nothing, to fetch what a pin will verify.

    Nothing secret may be sent over it.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def is_refusal(error: OSError) -> bool:
    """Whether a broken connection is the peer's alert about our certificate.

    TLS 1.3 ends the client's handshake before the server has looked at its certificate, so
    the refusal comes with the first read.
    """
    reason = getattr(error, "reason", None) or ""
    return isinstance(error, ssl.SSLError) and reason.endswith(tuple(_ALERTS))


def explain(error: OSError, where: str) -> tuple[str, str]:
    """(stable cause, text for people) of a failed handshake."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return _explain_certificate(error, where)
    reason = getattr(error, "reason", None) or ""
    for alert, (cause, text) in _ALERTS.items():
        if reason.endswith(alert):
            return cause, f"{where} ends the connection: {text}"
    if reason in ("WRONG_VERSION_NUMBER", "HTTP_REQUEST", "RECORD_LAYER_FAILURE"):
        return "not_tls", f"{where} does not speak TLS; is it the right port?"
    if reason.endswith(("UNSUPPORTED_PROTOCOL", "PROTOCOL_VERSION", "NO_PROTOCOLS_AVAILABLE")):
        return "too_old", f"{where} does not speak TLS 1.3"
    what = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return "handshake", f"{where} ends the connection during the TLS handshake: {what}"


def _explain_certificate(error: ssl.SSLCertVerificationError, where: str) -> tuple[str, str]:
    code = error.verify_code
    if code == _NOT_YET_VALID:
        return "clock", (
            f"certificate of {where} is not yet valid by this machine's clock; is the clock right?"
        )
    if code == _EXPIRED:
        return "clock", (
            f"certificate of {where} has expired by this machine's clock;"
            " is the clock right, here and on the hub?"
        )
    if code in _HOST_MISMATCH:
        return "wrong_name", (
            f"certificate of {where} is for other names; add this one to the hub's settings"
        )
    return "untrusted", (
        f"certificate of {where} is not of the expected hub: {error.verify_message}; if the hub's"
        " root was replaced while this machine was away, claim it anew"
    )
