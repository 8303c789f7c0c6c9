"""Routes of sign-in beside the password: OpenID providers, passkeys, step-up.

A browser that begins one of these gets a cookie of its own for it, which has to come back with
the answer. That is SameSite=Lax: the way back from a provider begins on the provider's site.
A browser is sent to the provider by following a link, so no form of ours goes elsewhere.
"""

import re
import secrets
from typing import Any

import msgspec

from muster.core.people.oidc import LinkRefused, OidcSignIn
from muster.core.people.passkeys import Passkeys
from muster.core.people.sessions import SignedIn, hash_of
from muster.core.people.webauthn import Site, check_site
from muster.errors import InputError, MusterError
from muster.faces.native.sessionview import COOKIE, SessionView, SessionViews, cookie_of
from muster.net.hosts import name_of
from muster.net.http import (
    LISTS_BYTES,
    Public,
    Request,
    Response,
    Route,
    json_response,
    small_route,
)

FLOW_COOKIE = "__Host-muster-flow"
_FLOW_FLAGS = "Max-Age=900; Path=/; Secure; HttpOnly; SameSite=Lax"
_OIDC = "/api/v1/signin/oidc/{name}"
_FLOW = re.compile(r"[A-Za-z0-9_-]{43}")


class ProviderView(msgspec.Struct, frozen=True):
    """A button."""

    name: str
    label: str


class SignInOffer(msgspec.Struct, frozen=True, kw_only=True):
    """By what one may sign in here. `passkeys` empty: they work; else why they do not."""

    providers: list[ProviderView]
    passkeys: str


class Shown(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What `navigator.credentials.get` gave, as its `toJSON` writes it."""

    credential: dict[str, Any]


class Flow(msgspec.Struct, frozen=True):
    """The cookie by which a browser is known that begins to sign in."""

    value: str
    header: str

    @property
    def holder(self) -> str:
        """What is kept of it."""
        return hash_of(self.value)


def flow_of(request: Request) -> Flow:
    """The one that came along, or a new one."""
    value = request.cookies.get(FLOW_COOKIE, "")
    if not _FLOW.fullmatch(value):
        value = secrets.token_urlsafe(32)
    return Flow(value, f"{FLOW_COOKIE}={value}; {_FLOW_FLAGS}")


def site_of(request: Request) -> Site:
    """The hub as the browser sees it."""
    host = request.headers.get("host", "").lower()
    return Site(name_of(host), f"https://{host}")


def obstacle_of(request: Request) -> str:
    """Why no passkey can be made or shown under this address; empty when it can."""
    try:
        check_site(site_of(request))
    except InputError as error:
        return str(error)
    return ""


def proved(signed: SignedIn | None) -> Response:
    """The answer to a passkey that was shown in a session; with another cookie if need be."""
    headers = {"set-cookie": cookie_of(signed)} if signed else {}
    return Response(status=204, headers=headers)


class OidcFace:
    """OpenID providers: out to one, and back."""

    def __init__(self, *, oidc: OidcSignIn, prefix: str = "") -> None:
        self._oidc = oidc
        self._prefix = prefix

    def routes(self) -> list[Route]:
        return [
            small_route(
                "GET",
                "/api/v1/signin",
                Public.SIGN_IN,
                self._show_offer,
                "by what one may sign in",
                gives=SignInOffer,
            ),
            small_route(
                "GET",
                _OIDC,
                Public.SIGN_IN,
                self._begin,
                "leave for an OpenID provider (302)",
                query={
                    "next": "path to go on at",
                    "link": "1: link the identity to one's own user",
                },
                status=302,
            ),
            small_route(
                "GET",
                f"{_OIDC}/callback",
                Public.SIGN_IN,
                self._finish,
                "come back from an OpenID provider (303)",
                status=303,
            ),
        ]

    async def _show_offer(self, request: Request) -> Response:
        providers = [ProviderView(*each) for each in self._oidc.offers()]
        return json_response(SignInOffer(providers=providers, passkeys=obstacle_of(request)))

    async def _begin(self, request: Request) -> Response:
        flow, name = flow_of(request), request.match["name"]
        origin = site_of(request).origin
        try:
            # Another site's page begins no link: the session's cookie is SameSite=Strict.
            linking = self._oidc.links.begin(request.actor) if "link" in request.query else None
            place = await self._oidc.begin(
                name,
                cookie=flow.value,
                address=request.address,
                redirect=f"{origin}{self._prefix}{_OIDC.replace('{name}', name)}/callback",
                next=request.query.get("next", "/account" if linking else "/"),
                linking=linking,
            )
        except MusterError as error:
            return _failed(error, "/account" if "link" in request.query else "/sign-in")
        return Response(status=302, headers={"location": place, "set-cookie": flow.header})

    async def _finish(self, request: Request) -> Response:
        try:
            signed, next = await self._oidc.finish(
                request.match["name"],
                request.query,
                cookie=request.cookies.get(FLOW_COOKIE, ""),
                address=request.address,
                replaces=request.cookies.get(COOKIE, ""),
            )
        except LinkRefused as error:
            return _failed(error, "/account")
        except MusterError as error:
            return _failed(error, "/sign-in")
        headers = {"set-cookie": cookie_of(signed)} if signed else {}
        return Response(status=303, headers={"location": next, **headers})


class PasskeySignInFace:
    """Sign-in by passkey alone."""

    def __init__(self, *, passkeys: Passkeys, views: SessionViews) -> None:
        self._passkeys = passkeys
        self._views = views

    def routes(self) -> list[Route]:
        path = "/api/v1/session/passkey"
        return [
            small_route(
                "POST",
                f"{path}/options",
                Public.SIGN_IN,
                self._offer,
                "begin to sign in by passkey: options for navigator.credentials.get",
                gives=dict[str, Any],
            ),
            small_route(
                "POST",
                path,
                Public.SIGN_IN,
                self._sign_in,
                "sign in by passkey",
                max_body_bytes=LISTS_BYTES,
                takes=Shown,
                gives=SessionView,
            ),
        ]

    async def _offer(self, request: Request) -> Response:
        flow = flow_of(request)
        options = self._passkeys.offer_sign_in(flow.holder, site_of(request), request.address)
        return json_response(options, set_cookie=flow.header)

    async def _sign_in(self, request: Request) -> Response:
        signed = await self._passkeys.sign_in(
            flow_of(request).holder,
            site_of(request),
            request.json(Shown).credential,
            address=request.address,
            replaces=request.cookies.get(COOKIE, ""),
        )
        return self._views.signed_in(signed)


class StepUpFace:
    """A passkey shown in a session: as its second factor, or again before a dangerous deed."""

    def __init__(self, passkeys: Passkeys) -> None:
        self._passkeys = passkeys

    def routes(self) -> list[Route]:
        path = "/api/v1/session/step-up"
        return [
            small_route(
                "POST",
                f"{path}/options",
                Public.SIGN_IN,
                self._offer,
                "begin to show one's passkey: options for navigator.credentials.get",
                gives=dict[str, Any],
            ),
            small_route(
                "POST",
                path,
                Public.SIGN_IN,
                self._step_up,
                "show one's passkey: as a second factor, or before a dangerous deed",
                max_body_bytes=LISTS_BYTES,
                takes=Shown,
                status=204,
            ),
        ]

    async def _offer(self, request: Request) -> Response:
        cookie = request.cookies.get(COOKIE, "")
        return json_response(self._passkeys.offer_step_up(cookie, site_of(request)))

    async def _step_up(self, request: Request) -> Response:
        credential = request.json(Shown).credential
        cookie = request.cookies.get(COOKIE, "")
        signed = await self._passkeys.step_up(cookie, site_of(request), credential, request.address)
        return proved(signed)


def _failed(error: MusterError, page: str) -> Response:
    """Back to our own page, which has the words for it. What was wrong is in the audit log."""
    reason = getattr(error, "reason", error.code)
    return Response(status=303, headers={"location": f"{page}?failed={reason}"})
