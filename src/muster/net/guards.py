"""What a listener for browsers demands of requests and says in every answer.

Source: Fetch (Sec-Fetch-Site), RFC 6454 (Origin), CSP 3, Trusted Types, RFC 6797 (HSTS).
"""

from collections.abc import Mapping
from urllib.parse import urlsplit

from muster.errors import Denied, StepUpRequired
from muster.model.access import Actor
from muster.net.http import Route

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})

_POLICY = "; ".join(
    (
        "default-src 'self'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "object-src 'none'",
        # No text becomes markup or script in our pages, not even by a mistake of ours.
        "require-trusted-types-for 'script'",
        "trusted-types 'none'",
    )
)

ALWAYS: Mapping[str, str] = {
    "Server": "muster",
    "X-Content-Type-Options": "nosniff",
}
BROWSER: Mapping[str, str] = {
    "Content-Security-Policy": _POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Referrer-Policy": "no-referrer",
    "X-Frame-Options": "DENY",
}
_HSTS = {"Strict-Transport-Security": "max-age=31536000"}


def answer_headers(host: str, *, browser: bool, foreign: bool = False) -> dict[str, str]:
    """Headers every answer carries.

    Other programs' agents read answers by hand: they get no more than they need.

    "localhost" gets no HSTS: it holds for all ports of a name, and would take plain HTTP from
    every other program on a developer's machine.
    """
    if foreign:
        return {"Server": "muster"}
    headers = {**ALWAYS, "Cache-Control": "no-store"}
    if browser:
        headers |= BROWSER
        if urlsplit("//" + host).hostname not in ("localhost", "127.0.0.1", "::1"):
            headers |= _HSTS
    return headers


def require_fresh(route: Route, actor: Actor | None) -> None:
    """Before a dangerous deed, who has a passkey has shown it, or signed in, minutes ago.

    Errors: StepUpRequired.
    """
    if route.fresh and actor is not None and actor.is_stale:
        raise StepUpRequired("show your passkey again to go on: this is not easily undone")


# What agents of other programs send whoever they ask: Netdata 2.x the first, 1.x the second.
_PROGRAMS_ORIGINS = frozenset(("", "http://example.com"))


def require_same_origin(route: Route, headers: Mapping[str, str]) -> None:
    """Refuse what another site made a browser send.

    Programs send neither header and pass: they carry no cookies of a victim. A WebSocket is
    held to the same rule, because its handshake is a GET with cookies that no site's
    same-origin policy keeps from us.
    Errors: Denied.
    """
    socket = route.socket is not None
    if route.method in SAFE_METHODS and not socket:
        return
    if route.foreign and headers.get("origin", "") in _PROGRAMS_ORIGINS:
        return
    site = headers.get("sec-fetch-site")
    if site is not None and not socket:
        if site in ("same-origin", "none"):
            return
        raise Denied(f"request from another site refused (Sec-Fetch-Site: {site[:20]!r})")
    origin = headers.get("origin")
    if origin is None:
        return
    parts = urlsplit(origin)
    if parts.scheme != "https" or parts.netloc.lower() != headers.get("host", "").lower():
        raise Denied(f"request from another site refused (Origin: {origin[:100]!r})")
