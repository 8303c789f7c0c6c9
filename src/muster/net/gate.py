"""Who asks, and whether it may: what a listener finds out before a handler runs.

Elsewhere: the objects that a request is about (core/access.py, by the handler).
"""

from collections.abc import Awaitable, Callable

import msgspec

from muster.errors import Unauthenticated
from muster.model.access import Action, Actor
from muster.net.connection import why_nobody
from muster.net.guards import require_fresh, require_same_origin
from muster.net.http import Public, Request, Route

Authenticate = Callable[[Request], Awaitable[Actor | None]]
ActorNow = Callable[[Request], Actor | None]
"""As Authenticate, where that takes no waiting; None: it does, or nobody asks, or wrongly."""
Authorize = Callable[[Actor, Action], None]


class Gate:
    """One listener's. `browser` puts the guards for browsers on."""

    def __init__(
        self,
        authenticate: Authenticate,
        authorize: Authorize,
        *,
        browser: bool,
        actor_now: ActorNow | None = None,
    ) -> None:
        self._authenticate = authenticate
        self._authorize = authorize
        self._browser = browser
        self._actor_now = actor_now

    async def admit(self, route: Route, request: Request) -> Request:
        """The request with who asks. Errors: Unauthenticated, Denied, StepUpRequired."""
        if self._browser:
            require_same_origin(route, request.headers)
        if route.allow is Public.PEER:
            if request.peer is None:
                raise Unauthenticated(why_nobody(request.peer_certificate))
            return request
        if route.allow not in (Public.SIGN_IN, *Action):
            return request
        return self._allowed(route, request, await self._authenticate(request))

    def admit_now(self, route: Route, request: Request) -> Request | None:
        """As `admit`, for a route with an Action; None where it takes a while, or nobody asks."""
        if self._actor_now is None or not isinstance(route.allow, Action):
            return None
        if self._browser:
            require_same_origin(route, request.headers)
        actor = self._actor_now(request)
        return None if actor is None else self._allowed(route, request, actor)

    def _allowed(self, route: Route, request: Request, actor: Actor | None) -> Request:
        if isinstance(route.allow, Action):
            if actor is None:
                raise Unauthenticated("sign in first")
            self._authorize(actor, route.allow)
            require_fresh(route, actor)
        return msgspec.structs.replace(request, actor=actor)
