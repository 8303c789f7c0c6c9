"""The parts that certificates of other services are made of, and what watches all that ends."""

import asyncio
import os
from collections.abc import Callable, Collection, Sequence
from pathlib import Path

from muster.clock import DAY_NS, Clock
from muster.core.certificates.endings import Endings, services_source
from muster.core.certificates.revocations import Revocations
from muster.core.certificates.services import Services
from muster.errors import Conflict, InputError
from muster.faces.native.pki import PkiFace
from muster.faces.native.trust import ServiceTrustFace, TrustFace
from muster.faces.native.webcertificate import WebCertificateFace, WebView
from muster.hub.assembly.foundation import Foundation
from muster.hub.places import Places
from muster.hub.settings import Settings
from muster.hub.tls.acme import Acme, WebState, names_for
from muster.hub.tls.webcertificate import WebCertificate
from muster.model.access import Actor
from muster.model.service import Ending
from muster.net.challenges import redirect_route
from muster.net.fetch import Fetcher
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
        settings: Settings,
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
        self.web = WebSource(
            certificate=self._web,
            own=places.certificate,
            brought=settings.web.certificate is not None,
            acme=_acme(settings, foundation, places, clock),
        )
        self._face = PkiFace(services=self.services, endings=self.endings, clock=clock)

    def api_routes(self) -> list[Route]:
        """What browsers, and the operator at the socket, may ask for."""
        public = TrustFace(
            trust=self.trust, lists=self.lists, is_own=lambda: self.web_is_own
        ).routes()
        return [*self._face.routes(), *WebCertificateFace(self.web).routes(), *public]

    def acme_routes(self, hosts: Callable[[], Collection[str]], port: int) -> list[Route]:
        """The listener without TLS: answers to challenges, and the way to the web listener."""
        answers = self.web.acme.http.routes() if self.web.acme is not None else []
        return [*answers, redirect_route(hosts, port)]

    def enrol_routes(self) -> list[Route]:
        """The public part, on the listener whose certificate is always the hub's own."""
        return ServiceTrustFace(trust=self.trust, lists=self.lists, prefix="/v1/pki").routes()

    def trust(self) -> Trust:
        """The hub's CA as everybody may know it."""
        return self._signer.trust

    @property
    def web_is_own(self) -> bool:
        """Whether the web listener's certificate is of the hub's CA, not one brought along."""
        return self._web.pair is None


class WebSource:
    """Where the web listener's certificate comes from, for admins and jobs."""

    def __init__(
        self, *, certificate: WebCertificate, own: Path, brought: bool, acme: Acme | None
    ) -> None:
        self._certificate = certificate
        self._own = own
        self._brought = brought
        self.acme = acme

    def look(self) -> WebView:
        """What is shown now. Blocks."""
        state = self.acme.state() if self.acme is not None else WebState()
        fault = state.fault or self._certificate.fault
        pair = self._certificate.pair
        if pair is not None:
            return WebView(
                source="files" if self._brought else "acme",
                names=sorted(pair.names),
                not_before_ns=pair.not_before_ns,
                not_after_ns=pair.not_after_ns,
                fault=fault,
                next_ns=state.next_ns,
            )
        view = keys.views(self._own.read_text("ascii"))[0]
        return WebView(
            source="own",
            names=list(view.names),
            not_before_ns=view.not_before_ns,
            not_after_ns=view.not_after_ns,
            fault=fault,
            next_ns=state.next_ns,
        )

    async def renew(self, actor: Actor) -> None:
        """Have another one now. Errors: Conflict without ACME; as Acme.renew."""
        if self.acme is None:
            raise Conflict("no ACME server is set up (acme.directory); who made the files renews")
        await self.acme.renew(actor)
        await asyncio.to_thread(self._certificate.look)

    async def run(self) -> None:
        """Renew when it is due, until cancelled."""
        if self.acme is not None:
            await self.acme.run()


def _acme(settings: Settings, foundation: Foundation, places: Places, clock: Clock) -> Acme | None:
    wanted = settings.acme
    if not wanted.directory:
        return None
    fetcher = Fetcher(ca_file=wanted.ca_file, environment=os.environ)
    return Acme(
        settings=wanted,
        names=names_for(wanted, settings.listen.names),
        folder=places.acme,
        clock=clock,
        transport=fetcher.ask,
        audit=foundation.records.audit,
        renewed=foundation.web_certificate.reload,
    )


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
