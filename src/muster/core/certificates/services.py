"""Certificates for things that are no part of Muster: issued from requests, renewed, revoked.

The hub gets requests and gives certificates; it never has a key of another service, nor one
of the CA (ports/signer.py).

Steps of issuing: 1 may the actor  2 is there room, is it the time  3 sign  4 remember it, with
its event, before anybody has it.
"""

import asyncio
import logging
from collections.abc import Sequence
from enum import StrEnum

import msgspec
from cryptography import x509

from muster.clock import SECOND_NS, Clock
from muster.core.access import require
from muster.core.audit import make_event
from muster.errors import Conflict, InputError, LimitExceeded, NotFound
from muster.model.access import Action, Actor
from muster.model.service import ServiceCertificate, ServiceState
from muster.pki import keys
from muster.pki.authority import Issued
from muster.pki.trust import issued_by
from muster.pki.usage import usage_of
from muster.ports.services import ServiceRecords
from muster.ports.signer import Signer

log = logging.getLogger(__name__)

MAX_CERTIFICATES = 20_000
MAX_IMPORTED = 100  # at once
_ID_DIGITS = 16


class Reason(StrEnum):
    """Why a certificate is revoked, in the words of revocation lists."""

    UNSPECIFIED = "unspecified"
    KEY_COMPROMISE = "key_compromise"
    SUPERSEDED = "superseded"
    CESSATION = "cessation_of_operation"


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be certified. `name`: what people call it; empty: the first of `names`."""

    request: str  # PEM; only its key is read
    names: tuple[str, ...]
    client: bool = False
    server: bool = False
    lifetime_s: int = 0  # 0: 90 days
    name: str = ""


class Leaf(msgspec.Struct, frozen=True, kw_only=True):
    """A certificate that was brought along, and what its file said it is for."""

    pem: str
    role: str  # server or client; counts where the certificate does not say


class Services:
    """The hub's list of them."""

    def __init__(self, *, signer: Signer, records: ServiceRecords, clock: Clock) -> None:
        self._signer = signer
        self._records = records
        self._clock = clock

    @property
    def issuers(self) -> str:
        """The CAs for other services (PEM); the first issues. Empty: none was needed yet."""
        return self._signer.trust.services

    async def sign(self, actor: Actor | None, asked: Asked) -> ServiceCertificate:
        """Certify a request.

        Errors: Denied; `bad_csr`, InputError for names or usage; LimitExceeded; Unavailable.
        """
        # 1
        actor = require(actor, Action.HUB_MANAGE)
        # 2
        await asyncio.to_thread(self._require_room)
        # 3, 4
        return await asyncio.to_thread(self._issue, actor, asked)

    async def renew(
        self, actor: Actor | None, id: str, request: str, lifetime_s: int = 0
    ) -> ServiceCertificate:
        """Another in the place of one, with its names and usage, for the key of a request.

        Lifetime 0 is that of the one before, or the usual one for what was brought along.
        Errors: as `sign`; NotFound; Conflict when it was replaced or revoked.
        """
        # 1
        actor = require(actor, Action.HUB_MANAGE)
        # 2
        await asyncio.to_thread(self._require_room)
        old = await asyncio.to_thread(self._known, id)
        if old.revoked_ns or old.replaced_by:
            became = "revoked" if old.revoked_ns else f"replaced by {old.replaced_by}"
            raise Conflict(f"certificate {id} is {became}")
        life_s = (old.not_after_ns - old.not_before_ns) // SECOND_NS
        asked = Asked(
            request=request,
            names=old.names or (old.name,),
            client=old.client,
            server=old.server,
            lifetime_s=lifetime_s or (0 if old.imported else life_s),
            name=old.name,
        )
        # 3, 4
        return await asyncio.to_thread(self._issue, actor, asked, old.id)

    async def revoke(self, actor: Actor | None, id: str, reason: Reason) -> ServiceCertificate:
        """Put one on the revocation list. Errors: Denied; NotFound; Unavailable."""
        actor = require(actor, Action.HUB_MANAGE)
        old = await asyncio.to_thread(self._known, id)
        now_ns = self._clock.now_ns()
        event = make_event(self._clock, actor, "pki.revoke", _told(old), detail=reason)
        await asyncio.to_thread(self._records.revoke, id, now_ns, reason, event)
        return await asyncio.to_thread(self._known, id)

    async def listed(self, actor: Actor | None) -> list[ServiceCertificate]:
        """All that are known, newest first, without their chains. Errors: Denied."""
        require(actor, Action.HUB_MANAGE)
        return await asyncio.to_thread(self._records.certificates)

    async def show(self, actor: Actor | None, id: str) -> ServiceCertificate:
        """One, with its chain. Errors: Denied; NotFound."""
        require(actor, Action.HUB_MANAGE)
        return await asyncio.to_thread(self._known, id)

    async def bundle(self, actor: Actor | None, *, client: bool) -> str:
        """Certificates that are good now, of clients or of servers (PEM, without issuers).

        For programs that go by a list of who may come, as stunnel does. Errors: Denied.
        """
        require(actor, Action.HUB_MANAGE)
        return await asyncio.to_thread(self._bundle, client)

    async def new_issuer(self, actor: Actor | None) -> str:
        """Let another CA of the hub's own issue; those before it stay trusted (PEM of all).

        Errors: Denied; Conflict for too many; Unavailable.
        """
        actor = require(actor, Action.HUB_MANAGE)
        trust = await asyncio.to_thread(lambda: self._signer.take_services(staged=False))
        name = keys.views(trust.services)[0].subject
        event = make_event(self._clock, actor, "pki.new_issuer", name)
        await asyncio.to_thread(self._records.adopt, (), event)
        return trust.services

    async def take(self, actor: Actor | None, ca: str, leaves: Sequence[Leaf]) -> int:
        """Let a CA issue that the operator laid ready; remember what it issued; how many.

        Steps: 1 may the actor  2 all of it fits  3 the signer has it  4 the records.
        Doing so again takes on what is new. Errors: Denied; InputError, Conflict; Unavailable.
        """
        # 1
        actor = require(actor, Action.HUB_MANAGE)
        # 2
        issuer = keys.load_chain(ca)[0]
        found = [self._brought(leaf, issuer, actor) for leaf in leaves[:MAX_IMPORTED]]
        pin = keys.key_sha256(issuer.public_key())
        known = keys.views(self.issuers) if self.issuers else []
        # 3
        if pin not in (each.key_sha256 for each in known):
            trust = await asyncio.to_thread(lambda: self._signer.take_services(staged=True))
            if keys.views(trust.services)[0].key_sha256 != pin:
                raise Conflict("another CA lay ready, and issues now: muster pki ca")
        # 4
        name = keys.view(issuer).subject
        event = make_event(self._clock, actor, "pki.import", name, detail=f"pin {pin}")
        return await asyncio.to_thread(self._records.adopt, found, event)

    def _issue(self, actor: Actor, asked: Asked, replaces: str = "") -> ServiceCertificate:
        # 3
        issued = self._signer.issue_service(
            asked.request,
            asked.names,
            client=asked.client,
            server=asked.server,
            now_ns=self._clock.now_ns(),
            lifetime_s=asked.lifetime_s,
        )
        # 4
        made = self._made(issued, asked, actor)
        action = "pki.renew" if replaces else "pki.issue"
        detail = f"{', '.join(made.names)}; serial {made.serial}"
        event = make_event(self._clock, actor, action, _told(made), detail=detail)
        self._records.add(made, event, replaces)
        return made

    def _made(self, issued: Issued, asked: Asked, actor: Actor) -> ServiceCertificate:
        view = issued.view
        return ServiceCertificate(
            id=view.sha256[:_ID_DIGITS],
            name=asked.name or asked.names[0],
            names=view.names,
            client=asked.client,
            server=asked.server,
            serial=view.serial,
            issuer=keys.views(issued.chain)[1].key_sha256,
            key_sha256=view.key_sha256,
            not_before_ns=view.not_before_ns,
            not_after_ns=view.not_after_ns,
            created_ns=self._clock.now_ns(),
            created_by=actor.name,
            chain=issued.chain,
        )

    def _brought(self, leaf: Leaf, issuer: x509.Certificate, actor: Actor) -> ServiceCertificate:
        certificate = keys.load_chain(leaf.pem)[0]
        view = keys.view(certificate)
        if not issued_by(keys.to_der(certificate), [issuer]):
            raise InputError(f"the certificate of {view.subject!r} was not issued by this CA")
        client, server = usage_of(certificate) or (leaf.role == "client", leaf.role == "server")
        return ServiceCertificate(
            id=view.sha256[:_ID_DIGITS],
            name=view.subject or leaf.role,
            names=view.names,
            client=client,
            server=server,
            serial=view.serial,
            issuer=keys.key_sha256(issuer.public_key()),
            key_sha256=view.key_sha256,
            not_before_ns=view.not_before_ns,
            not_after_ns=view.not_after_ns,
            created_ns=self._clock.now_ns(),
            created_by=actor.name,
            imported=True,
            chain=keys.format_chain(certificate, issuer),
        )

    def _bundle(self, client: bool) -> str:
        now_ns, good = self._clock.now_ns(), (ServiceState.VALID, ServiceState.REPLACED)
        wanted = [
            self._known(each.id)
            for each in self._records.certificates()
            if (each.client if client else each.server) and each.state(now_ns) in good
        ]
        return "".join(keys.format_chain(keys.load_chain(each.chain)[0]) for each in wanted)

    def _known(self, id: str) -> ServiceCertificate:
        found = self._records.certificate(id)
        if found is None:
            raise NotFound(f"no such certificate: {id[:40]!r}")
        return found

    def _require_room(self) -> None:
        if self._records.count() >= MAX_CERTIFICATES:
            raise LimitExceeded(f"there are {MAX_CERTIFICATES} certificates already")


def _told(certificate: ServiceCertificate) -> str:
    return f"{certificate.name} ({certificate.id})"
