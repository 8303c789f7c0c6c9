"""What the web listener shows browsers: a certificate brought along, or the hub's own.

Who renews the files (a person, certbot, a job of the hub) replaces them; they are read every
minute and at SIGHUP, and taken from the next handshake on. A pair that does not serve is not
taken: what was in use goes on, and the log and `muster doctor` say why. A hub that never had
a good one starts with its own, since ingest must not wait for a certificate.
Agents and claims keep to the hub's own CA.
"""

import asyncio
import hashlib
import logging
import ssl
from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import datetime
from pathlib import Path

import msgspec
from cryptography import x509

from muster.clock import SECOND_NS, Clock
from muster.errors import MusterError, SettingsError
from muster.net.tls import SwapContext, server_context

log = logging.getLogger(__name__)

LOOK_S = 60.0
_MAX_BYTES = 1 << 20  # of either file


class WebSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The web listener's certificate. Without one the hub makes its own."""

    # PEM, the server's certificate first, then what leads to its CA; none: the hub's own
    certificate: Path | None = None
    key: Path | None = None  # PEM of the certificate's key, without a password


class Pair(msgspec.Struct, frozen=True, kw_only=True):
    """A certificate and key that serve."""

    context: ssl.SSLContext
    names: frozenset[str]
    not_before_ns: int
    not_after_ns: int
    sha256: str  # of both files


def check(settings: WebSettings) -> None:
    """Errors: SettingsError naming the key."""
    for key, path in (("web.certificate", settings.certificate), ("web.key", settings.key)):
        if path is not None and not path.is_absolute():
            raise SettingsError(f"must be an absolute path: {str(path)!r}", key=key)
    if (settings.certificate is None) != (settings.key is None):
        missing = "web.key" if settings.key is None else "web.certificate"
        raise SettingsError("web.certificate and web.key go together", key=missing)


def read_pair(certificate: Path, key: Path, now_ns: int) -> Pair:
    """Read and judge both files; blocks. Errors: SettingsError with the file and its fault."""
    chain, secret = _read(certificate), _read(key)
    try:
        leaf = x509.load_pem_x509_certificates(chain)[0]
        names = names_of(leaf)
    except ValueError as error:
        raise SettingsError(f"holds no certificate in PEM: {error}", str(certificate)) from error
    begins_ns, ends_ns = _ns(leaf.not_valid_before_utc), _ns(leaf.not_valid_after_utc)
    if now_ns >= ends_ns:
        raise SettingsError(f"has ended on {leaf.not_valid_after_utc:%Y-%m-%d}", str(certificate))
    if now_ns < begins_ns:
        begins = f"{leaf.not_valid_before_utc:%Y-%m-%d %H:%M}"
        raise SettingsError(f"does not begin before {begins} UTC", str(certificate))
    context = server_context(certificate, key=key, minimum=ssl.TLSVersion.TLSv1_2)
    both = hashlib.sha256(chain + secret).hexdigest()
    return Pair(
        context=context,
        names=names,
        not_before_ns=begins_ns,
        not_after_ns=ends_ns,
        sha256=both,
    )


def names_of(certificate: x509.Certificate) -> frozenset[str]:
    """The names and addresses it is for, in lower case."""
    with suppress(x509.ExtensionNotFound):
        found = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName)
        return frozenset(str(name.value).lower() for name in found.value)
    return frozenset()


class WebCertificate:
    """Yields the web listener's context and keeps it up to date. `look` before `context`.

    `may_lack`: files that are not there are no fault, for they are yet to come.
    """

    def __init__(
        self,
        *,
        settings: WebSettings,
        own: Path,
        hosts: Callable[[], Iterable[str]],
        clock: Clock,
        may_lack: bool = False,
    ) -> None:
        self._settings = settings
        self._may_lack = may_lack
        self._own = own
        self._own_hosts = hosts
        self._clock = clock
        self._brought: Pair | None = None
        self._swap: SwapContext | None = None
        self._in_use = ""
        self._known: frozenset[str] = frozenset()
        self._asked = asyncio.Event()
        self.fault = ""  # why the files are not in use

    def context(self) -> ssl.SSLContext:
        """For the listener; every later certificate comes into it."""
        if self._swap is None:
            raise TypeError("the web certificate was not looked at")
        return self._swap.entry

    @property
    def pair(self) -> Pair | None:
        """What was brought along and is in use; None: the hub's own certificate is."""
        return self._brought

    def hosts(self) -> frozenset[str]:
        """Names that browsers may ask for: the hub's and those of the certificate."""
        return self._known

    def look(self) -> None:
        """Read the files, take them when they serve; blocks.

        Errors: SettingsError when even the hub's own certificate cannot be read.
        """
        before = self.fault
        self._look_at_brought()
        if self.fault and self.fault != before:
            goes_on = "one before" if self._brought else "hub's own"
            log.warning("web certificate not taken", extra={"error": self.fault, "use": goes_on})
        names = self._brought.names if self._brought else frozenset()
        self._known = frozenset(self._own_hosts()) | names
        if self._brought:
            self._use(self._brought.sha256, self._brought.context)
        else:
            sha256 = hashlib.sha256(_read(self._own)).hexdigest()
            if sha256 != self._in_use:
                self._use(sha256, server_context(self._own, minimum=ssl.TLSVersion.TLSv1_2))

    def _look_at_brought(self) -> None:
        certificate, key = self._settings.certificate, self._settings.key
        if certificate is None or key is None or (self._may_lack and not certificate.exists()):
            return
        try:
            self._brought = read_pair(certificate, key, self._clock.now_ns())
        except SettingsError as error:
            self.fault = str(error)
        else:
            self.fault = ""

    def _use(self, sha256: str, context: ssl.SSLContext) -> None:
        if self._swap is None:
            self._swap = SwapContext(context)
        elif sha256 != self._in_use:
            self._swap.swap(context)
            log.info("web certificate changed", extra={"sha256": sha256[:16]})
        self._in_use = sha256

    def reload(self) -> None:
        """Look at once rather than within the minute."""
        self.fault = ""  # who asks is told again
        self._asked.set()

    async def run(self) -> None:
        """Look every minute, until cancelled."""
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(LOOK_S):
                    await self._asked.wait()
            self._asked.clear()
            try:
                await asyncio.to_thread(self.look)
            except MusterError as error:
                log.warning("web certificate not read", extra={"error": str(error)})


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            data = file.read(_MAX_BYTES + 1)
    except OSError as error:
        raise SettingsError(f"cannot be read: {error.strerror}", str(path)) from error
    if len(data) > _MAX_BYTES:
        raise SettingsError(f"is over {_MAX_BYTES} bytes", str(path))
    return data


def _ns(moment: datetime) -> int:
    return int(moment.timestamp()) * SECOND_NS
