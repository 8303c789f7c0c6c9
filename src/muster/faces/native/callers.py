"""Who a request on the web listener comes from: a session's cookie or an API token.

A request that carries both is refused, so a token never lends its rights to what rides on a
browser's cookie, nor the other way about. `Authorization` of another scheme is not ours, as
where a proxy in front asks for a password of its own, and is passed over. A token counts in
this header alone: never in a URL or a body.
"""

from muster.core.people.accounts import Accounts
from muster.core.people.apitokens import ApiTokens
from muster.errors import InputError
from muster.faces.native.account import actor_of
from muster.faces.native.sessionview import COOKIE
from muster.log import Secret
from muster.model.access import Actor
from muster.net.http import Request


class Callers:
    """Recognises people and programs."""

    def __init__(self, *, accounts: Accounts, api_tokens: ApiTokens) -> None:
        self._accounts = accounts
        self._api_tokens = api_tokens

    async def actor(self, request: Request) -> Actor | None:
        """None without either.

        Errors: Unauthenticated or LimitExceeded for a wrong token; InputError for both.
        """
        token = bearer_of(request)
        if token is None:
            return await actor_of(self._accounts, request)
        if COOKIE in request.cookies:
            raise InputError("a session cookie and an API token in one request; send one of them")
        return await self._api_tokens.authenticate(token, request.address)

    def actor_now(self, request: Request) -> Actor | None:
        """As `actor`, where that takes no waiting and nothing is wrong; else None."""
        token = bearer_of(request)
        if token is None:
            return self._accounts.actor_now(request.cookies.get(COOKIE, ""), request.address)
        if COOKIE in request.cookies:
            return None
        return self._api_tokens.actor_now(token, request.address)

    async def still(self, request: Request) -> Actor | None:
        """The same for a request that was let in before; None when it would not be now."""
        token = bearer_of(request)
        if token is not None:
            return await self._api_tokens.actor(token, request.address)
        actor = await actor_of(self._accounts, request)
        return actor if actor is not None and actor.is_whole else None


def bearer_of(request: Request) -> Secret | None:
    """The token of `Authorization: Bearer`. Source: RFC 6750, 2.1."""
    scheme, _, text = request.headers.get("authorization", "").partition(" ")
    return Secret(text.strip()) if scheme.lower() == "bearer" else None
