"""Routes of the hub's certificate authority: what it is, how it is replaced, what is revoked.

Keys never pass here: an operator who brings one lays it ready on the hub's machine, and
says `staged`.
"""

import msgspec

from muster.clock import Clock
from muster.core.certificates.authorities import Authorities, RollStatus, Step, warnings
from muster.core.certificates.revocations import Revocations
from muster.model.access import Action
from muster.net.http import Public, Request, Response, Route, json_response, small_route
from muster.pki.keys import CertificateView
from muster.pki.trust import Phase

PEM = "application/x-pem-file"


class CaView(msgspec.Struct, frozen=True, kw_only=True):
    """The public side of the CA; `root` signs."""

    hub: str
    phase: Phase
    root: CertificateView
    roots: list[CertificateView]
    issuers: list[CertificateView]
    pins: tuple[str, ...]
    anchors: str
    services: str  # the CA for other services, PEM; empty: none was needed yet
    root_key: str  # "here", or "offline"
    exported_ns: int  # when the root's key was exported and verified; 0: never
    warnings: list[str]


class _Choice(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How a step is taken."""

    staged: bool = False
    force: bool = False


class CaFace:
    """What browsers, and the operator at the socket, may ask for."""

    def __init__(self, *, authorities: Authorities, clock: Clock) -> None:
        self._authorities = authorities
        self._clock = clock

    def routes(self) -> list[Route]:
        roll = "/api/v1/ca/roll"
        return [
            small_route(
                "GET",
                "/api/v1/ca",
                Action.HUB_READ,
                self._show,
                "roots, issuers, pins",
                gives=CaView,
            ),
            small_route(
                "GET",
                roll,
                Action.HUB_MANAGE,
                self._status,
                "how far a roll-over is",
                gives=RollStatus,
            ),
            *(self._taking(step) for step in Step),
        ]

    async def _show(self, request: Request) -> Response:
        trust = await self._authorities.look()
        roots = trust.roots()
        return json_response(
            CaView(
                hub=trust.hub,
                phase=trust.phase,
                root=roots[0],
                roots=roots,
                issuers=trust.issuers(),
                pins=trust.pins,
                anchors=trust.anchors,
                services=trust.services,
                root_key="here" if trust.root_key else "offline",
                exported_ns=trust.exported_ns,
                warnings=warnings(trust, self._clock.now_ns()),
            )
        )

    async def _status(self, request: Request) -> Response:
        return json_response(await self._authorities.status(request.actor))

    def _taking(self, step: Step) -> Route:
        async def take(request: Request) -> Response:
            given = request.json(_Choice) if request.body else _Choice()
            found = await self._authorities.take(
                request.actor, step, staged=given.staged, force=given.force
            )
            return json_response(found)

        path, summary = _STEPS[step]
        return small_route(
            "POST",
            path,
            Action.HUB_MANAGE,
            take,
            summary,
            takes=_Choice,
            gives=RollStatus,
            fresh=True,
        )


_STEPS = {
    Step.PREPARE: (
        "/api/v1/ca/roll/prepare",
        "make a new root that is trusted beside the one that signs",
    ),
    Step.ACTIVATE: ("/api/v1/ca/roll/activate", "let the new root sign"),
    Step.RETIRE: ("/api/v1/ca/roll/retire", "trust the old root no more"),
    Step.ABORT: ("/api/v1/ca/roll/abort", "forget the root that was prepared"),
    Step.RENEW_ISSUERS: ("/api/v1/ca/renew", "new issuing certificates under the same root"),
}


class RevocationListFace:
    """The revocation lists, for whoever asks."""

    def __init__(self, *, revocations: Revocations, path: str) -> None:
        self._revocations = revocations
        self._path = path

    def routes(self) -> list[Route]:
        summary = "certificates revoked before their end: a list per issuing CA, PEM"
        return [
            small_route("GET", self._path, Public.TRUST, self._lists, summary, max_body_bytes=0)
        ]

    async def _lists(self, request: Request) -> Response:
        return Response(body=(await self._revocations.lists()).encode("ascii"), content_type=PEM)
