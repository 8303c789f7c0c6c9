"""The parts that certificates of other services are made of, and what watches all that ends."""

from collections.abc import Callable, Sequence
from pathlib import Path

from muster.clock import DAY_NS, Clock
from muster.core.endings import Endings, services_source
from muster.core.revocations import Revocations
from muster.core.services import Services
from muster.errors import InputError
from muster.faces.native import trust
from muster.faces.native.pki import PkiFace
from muster.hub.foundation import Foundation
from muster.hub.places import Places
from muster.hub.webcertificate import WebCertificate
from muster.model.service import Ending
from muster.net.http import Route
from muster.pki import keys
from muster.pki.keys import CertificateView
from muster.pki.trust import Trust

_OVERDUE_NS = 10 * DAY_NS  # of 30 days, of which the hub renews at 15


class PkiParts:
    """Built once, from what stands before the hub is built."""

    def __init__(
        self,
        *,
        foundation: Foundation,
        places: Places,
        clock: Clock,
        is_plausible: Callable[[], bool],
    ) -> None:
        signer, records = foundation.authority, foundation.records.services
        self._signer = signer
        self._web = foundation.web_certificate
        self.services = Services(signer=signer, records=records, clock=clock)
        self.lists = Revocations(authority=signer, records=records, clock=clock, services=True)
        self.endings = Endings(
            sources=[
                services_source(records, clock),
                lambda: ca_endings(signer.trust),
                lambda: web_endings(self._web),
                lambda: server_endings(places.certificate, clock.now_ns()),
            ],
            records=records,
            clock=clock,
            is_plausible=is_plausible,
        )
        self._face = PkiFace(services=self.services, endings=self.endings, clock=clock)

    def api_routes(self) -> list[Route]:
        """What browsers, and the operator at the socket, may ask for."""
        public = trust.web_routes(
            trust=self._trust, lists=self.lists, is_own=lambda: self._web.pair is None
        )
        return [*self._face.routes(), *public]

    def enrol_routes(self) -> list[Route]:
        """The public part, on the listener whose certificate is always the hub's own."""
        return trust.service_routes(trust=self._trust, lists=self.lists, prefix="/v1/pki")

    def _trust(self) -> Trust:
        return self._signer.trust


def ca_endings(trust: Trust) -> list[Ending]:
    """Roots, issuing certificates, CAs for other services."""
    return [
        *_each("root", keys.views(trust.anchors), "muster ca roll prepare"),
        *_each("issuer", trust.issuers(), "muster ca renew (by itself with the root's key here)"),
        *_each(
            "services_ca",
            keys.views(trust.services) if trust.services else (),
            "muster pki new-ca, and let all who trust the old one trust the new one too",
        ),
    ]


def web_endings(web: WebCertificate) -> list[Ending]:
    """The certificate that was brought along for browsers, or that ACME gets."""
    pair = web.pair
    if pair is None:
        return []
    return [
        Ending(
            kind="web",
            id=pair.sha256,
            name=", ".join(sorted(pair.names))[:200] or "web certificate",
            not_before_ns=pair.not_before_ns,
            not_after_ns=pair.not_after_ns,
            remedy="is its renewal running? muster doctor",
        )
    ]


def server_endings(file: Path, now_ns: int) -> list[Ending]:
    """The hub's own, which it renews at half its life: only when that does not happen."""
    try:
        view = keys.views(file.read_text("ascii"))[0]
    except (OSError, ValueError, InputError):
        return []  # made anew within a minute
    if view.not_after_ns - now_ns > _OVERDUE_NS:
        return []
    return list(_each("server", [view], "the hub renews it: see its log for what is in the way"))


def _each(kind: str, views: Sequence[CertificateView], remedy: str) -> list[Ending]:
    return [
        Ending(
            kind=kind,
            id=view.sha256,
            name=view.subject,
            not_before_ns=view.not_before_ns,
            not_after_ns=view.not_after_ns,
            remedy=remedy,
        )
        for view in views
    ]
