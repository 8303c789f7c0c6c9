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


def web_routes(
    *, trust: Callable[[], Trust], lists: Revocations, is_own: Callable[[], bool]
) -> list[Route]:
    """Where browsers are."""

    async def show(request: Request) -> Response:
        now = trust()
        view = TrustView(hub=now.hub, roots=now.roots(), pem=now.anchors, own_certificate=is_own())
        return json_response(view)

    async def root(request: Request) -> Response:
        return _download(trust().anchors, "muster-root.pem")

    return [
        _public("/api/v1/trust", show, "the roots to trust, and how to know them", TrustView),
        _public("/root.pem", root, "the roots of the hub, PEM, for browsers and other programs"),
        *service_routes(trust=trust, lists=lists, prefix="/pki"),
    ]


def service_routes(*, trust: Callable[[], Trust], lists: Revocations, prefix: str) -> list[Route]:
    """For other services, wherever they reach the hub."""

    async def issuers(request: Request) -> Response:
        return _download(trust().services, "muster-services.pem")

    async def listed(request: Request) -> Response:
        return Response(body=(await lists.lists()).encode("ascii"), content_type=PEM)

    return [
        _public(f"{prefix}/ca.pem", issuers, "CAs for other services, PEM; empty before the first"),
        _public(f"{prefix}/crl.pem", listed, "their revocation lists, PEM"),
    ]


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
