"""What everybody may have of the hub's CAs: certificates to trust, and lists of what is revoked.

Public, since who asks does not trust the hub yet: a browser that shall, a service that checks
a client. Whether it is the right hub is for people to compare, by the pin.
"""

from collections.abc import Callable

import msgspec

from muster.core.certificates.revocations import Revocations
from muster.net.http import (
    Handler,
    Public,
    Request,
    Response,
    Route,
    json_response,
    small_route,
)
from muster.pki.keys import CertificateView
from muster.pki.trust import Trust

PEM = "application/x-pem-file"


class TrustView(msgspec.Struct, frozen=True, kw_only=True):
    """What the page /trust shows: the roots to install, and how to know them."""

    hub: str
    roots: list[CertificateView]
    pem: str
    own_certificate: bool  # whether this page's certificate is of the hub's CA; else no need


class TrustFace:
    """Where browsers are."""

    def __init__(
        self, *, trust: Callable[[], Trust], lists: Revocations, is_own: Callable[[], bool]
    ) -> None:
        self._trust = trust
        self._lists = lists
        self._is_own = is_own

    def routes(self) -> list[Route]:
        return [
            _public(
                "/api/v1/trust", self._show, "the roots to trust, and how to know them", TrustView
            ),
            _public(
                "/root.pem",
                self._root,
                "the roots of the hub, PEM, for browsers and other programs",
            ),
            *ServiceTrustFace(trust=self._trust, lists=self._lists, prefix="/pki").routes(),
        ]

    async def _show(self, request: Request) -> Response:
        now = self._trust()
        view = TrustView(
            hub=now.hub, roots=now.roots(), pem=now.anchors, own_certificate=self._is_own()
        )
        return json_response(view)

    async def _root(self, request: Request) -> Response:
        return _download(self._trust().anchors, "muster-root.pem")


class ServiceTrustFace:
    """For other services, wherever they reach the hub."""

    def __init__(self, *, trust: Callable[[], Trust], lists: Revocations, prefix: str) -> None:
        self._trust = trust
        self._lists = lists
        self._prefix = prefix

    def routes(self) -> list[Route]:
        return [
            _public(
                f"{self._prefix}/ca.pem",
                self._issuers,
                "CAs for other services, PEM; empty before the first",
            ),
            _public(f"{self._prefix}/crl.pem", self._listed, "their revocation lists, PEM"),
        ]

    async def _issuers(self, request: Request) -> Response:
        return _download(self._trust().services, "muster-services.pem")

    async def _listed(self, request: Request) -> Response:
        return Response(body=(await self._lists.lists()).encode("ascii"), content_type=PEM)


def _public(
    path: str,
    handler: Handler,
    summary: str,
    gives: type | None = None,
) -> Route:
    return small_route("GET", path, Public.TRUST, handler, summary, max_body_bytes=0, gives=gives)


def _download(pem: str, name: str) -> Response:
    return Response(
        body=pem.encode("ascii"),
        content_type=PEM,
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )
