"""Routes of the CA for other services: certificates from requests, what ends, lists.

No key passes here: who asks makes its own and sends a request; a CA that is brought along is
laid ready on the hub's machine. What everybody may have: faces/native/trust.py.
"""

from typing import Annotated

import msgspec

from muster.clock import Clock
from muster.core.certificates.endings import Endings, EndingView
from muster.core.certificates.services import MAX_IMPORTED, Asked, Leaf, Reason, Services
from muster.errors import InputError
from muster.model.access import Action
from muster.model.service import ServiceCertificate, ServiceState
from muster.net.http import LISTS_BYTES, Request, Response, Route, json_response, small_route
from muster.pki import keys
from muster.pki.keys import MAX_CHAIN_BYTES, MAX_REQUEST_BYTES, CertificateView
from muster.pki.names import MAX_NAMES

_PATH = "/api/v1/pki"
_ONE = f"{_PATH}/certificates/{{id}}"
_IMPORT_BYTES = 1 << 19

_Pem = Annotated[str, msgspec.Meta(max_length=MAX_CHAIN_BYTES)]
_Csr = Annotated[str, msgspec.Meta(max_length=MAX_REQUEST_BYTES)]
_Name = Annotated[str, msgspec.Meta(max_length=253)]
_Lifetime = Annotated[int, msgspec.Meta(ge=0, le=100 * 366 * 86_400)]


class ServiceView(msgspec.Struct, frozen=True, kw_only=True):
    """One certificate; `chain` (PEM, with its issuer) only where one was asked for."""

    id: str
    name: str
    names: tuple[str, ...]
    client: bool
    server: bool
    state: ServiceState
    serial: str
    issuer: str  # pin of the CA
    key_sha256: str
    not_before_ns: int
    not_after_ns: int
    created_ns: int
    created_by: str
    imported: bool
    replaced_by: str
    revoked_ns: int
    reason: str
    chain: str = ""


class PkiView(msgspec.Struct, frozen=True, kw_only=True):
    """The CAs for other services; the first issues. None before one was needed."""

    issuers: list[CertificateView]
    pem: str


class Bundle(msgspec.Struct, frozen=True):
    """Certificates one after the other, PEM."""

    pem: str


class Imported(msgspec.Struct, frozen=True):
    """How many certificates are known that were not before."""

    certificates: int


class _Sign(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    request: _Csr
    names: Annotated[tuple[_Name, ...], msgspec.Meta(min_length=1, max_length=MAX_NAMES)]
    client: bool = False
    server: bool = False
    lifetime_s: _Lifetime = 0
    name: Annotated[str, msgspec.Meta(max_length=100)] = ""


class _Renew(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    request: _Csr
    lifetime_s: _Lifetime = 0


class _Revoke(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    reason: Reason = Reason.UNSPECIFIED


class _Leaf(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    pem: _Pem
    role: Annotated[str, msgspec.Meta(pattern="^(server|client)$")]


class _Import(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    ca: _Pem
    leaves: Annotated[tuple[_Leaf, ...], msgspec.Meta(max_length=MAX_IMPORTED)] = ()


class PkiFace:
    """Translates between the routes and the list of certificates."""

    def __init__(self, *, services: Services, endings: Endings, clock: Clock) -> None:
        self._services = services
        self._endings = endings
        self._clock = clock

    def routes(self) -> list[Route]:
        """For browsers, and the operator at the socket; admins of the hub alone."""
        manage = Action.HUB_MANAGE
        return [
            small_route("GET", _PATH, manage, self._overview, "CAs for other services",
                        gives=PkiView),
            small_route("GET", f"{_PATH}/certificates", manage, self._list,
                        "certificates of other services, newest first", gives=list[ServiceView]),
            small_route("POST", f"{_PATH}/certificates", manage, self._sign,
                        "certify a request", max_body_bytes=LISTS_BYTES, takes=_Sign,
                        gives=ServiceView, status=201, fresh=True),
            small_route("GET", _ONE, manage, self._show, "one certificate, with its chain",
                        gives=ServiceView),
            small_route("POST", f"{_ONE}/renew", manage, self._renew,
                        "renew a certificate, for the key of a request", takes=_Renew,
                        gives=ServiceView, status=201, fresh=True),
            small_route("POST", f"{_ONE}/revoke", manage, self._revoke,
                        "put a certificate on the revocation list", takes=_Revoke,
                        gives=ServiceView, fresh=True),
            small_route("GET", f"{_PATH}/bundle", manage, self._bundle,
                        "certificates that are good now, PEM, without their issuers",
                        gives=Bundle, query={"of": "clients (if left out) or servers"}),
            small_route("GET", f"{_PATH}/expiring", manage, self._expiring,
                        "what ends within 30 days, of all certificates the hub knows",
                        gives=list[EndingView]),
            small_route("POST", f"{_PATH}/issuer", manage, self._issuer,
                        "a new CA for other services; those before it stay trusted",
                        gives=PkiView, fresh=True),
            small_route("POST", f"{_PATH}/import", manage, self._import,
                        "let a CA that lies ready on the hub's machine issue",
                        max_body_bytes=_IMPORT_BYTES, takes=_Import, gives=Imported, fresh=True),
        ]  # fmt: skip

    async def _overview(self, request: Request) -> Response:
        return json_response(self._issuers())

    async def _list(self, request: Request) -> Response:
        found = await self._services.listed(request.actor)
        return json_response([self._view(each) for each in found])

    async def _sign(self, request: Request) -> Response:
        given = request.json(_Sign)
        asked = Asked(
            request=given.request,
            names=given.names,
            client=given.client,
            server=given.server,
            lifetime_s=given.lifetime_s,
            name=given.name,
        )
        made = await self._services.sign(request.actor, asked)
        return json_response(self._view(made), status=201)

    async def _show(self, request: Request) -> Response:
        return json_response(
            self._view(await self._services.show(request.actor, request.match["id"]))
        )

    async def _renew(self, request: Request) -> Response:
        given = request.json(_Renew)
        made = await self._services.renew(
            request.actor, request.match["id"], given.request, given.lifetime_s
        )
        return json_response(self._view(made), status=201)

    async def _revoke(self, request: Request) -> Response:
        given = request.json(_Revoke)
        found = await self._services.revoke(request.actor, request.match["id"], given.reason)
        return json_response(self._view(found))

    async def _bundle(self, request: Request) -> Response:
        kind = request.query.get("of") or "clients"
        if kind not in ("clients", "servers"):
            raise InputError(f"of is clients or servers, not {kind[:40]!r}")
        pem = await self._services.bundle(request.actor, client=kind == "clients")
        return json_response(Bundle(pem))

    async def _expiring(self, request: Request) -> Response:
        return json_response(await self._endings.soon(request.actor))

    async def _issuer(self, request: Request) -> Response:
        await self._services.new_issuer(request.actor)
        return json_response(self._issuers())

    async def _import(self, request: Request) -> Response:
        given = request.json(_Import)
        leaves = [Leaf(pem=each.pem, role=each.role) for each in given.leaves]
        return json_response(Imported(await self._services.take(request.actor, given.ca, leaves)))

    def _issuers(self) -> PkiView:
        pem = self._services.issuers
        return PkiView(issuers=keys.views(pem) if pem else [], pem=pem)

    def _view(self, certificate: ServiceCertificate) -> ServiceView:
        told = msgspec.structs.asdict(certificate)
        return ServiceView(**told, state=certificate.state(self._clock.now_ns()))
