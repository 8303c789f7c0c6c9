"""Routes of ways to sign in: one's own identities at providers, and a first password.

For admins there is the end of what somebody has linked. Where one leaves for a provider to
link an identity is in signin.py, as it is for signing in.
"""

import msgspec

from muster.core.people.accounts import Accounts
from muster.core.people.foreignlinks import ForeignLinks, id_of
from muster.core.people.oidc import OidcSignIn
from muster.faces.native.signin import ProviderView
from muster.log import Secret
from muster.model.access import Action
from muster.model.signin import ForeignIdentity
from muster.net.http import Request, Response, Route, json_response, small_route


class IdentityView(msgspec.Struct, frozen=True, kw_only=True):
    """Who one is at a provider. Not `linked`: it made one a user here, and stays."""

    id: str
    provider: str
    label: str
    linked: bool
    created_ns: int
    used_ns: int  # 0: never


class WaysView(msgspec.Struct, frozen=True, kw_only=True):
    """By what one may sign in. `providers` are those there are, to link an identity of."""

    has_password: bool
    identities: list[IdentityView]
    providers: list[ProviderView]


class FirstPassword(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The password to have from now on."""

    new: str


class WaysFace:
    """For who is signed in. What gives another way in takes a sign-in of minutes ago."""

    def __init__(self, *, accounts: Accounts, oidc: OidcSignIn) -> None:
        self._accounts = accounts
        self._oidc = oidc
        self._links: ForeignLinks = oidc.links

    def routes(self) -> list[Route]:
        path, own = "/api/v1/session", Action.HUB_READ
        return [
            small_route(
                "GET", f"{path}/ways", own, self._list_ways, "one's ways to sign in", gives=WaysView
            ),
            small_route(
                "POST",
                f"{path}/ways",
                own,
                self._prove_recent,
                "whether one may add a way to sign in now",
                status=204,
                fresh=True,
            ),
            small_route(
                "DELETE",
                f"{path}/identities/{{id}}",
                own,
                self._unlink,
                "take away an identity at a provider that one has linked",
                fresh=True,
            ),
            small_route(
                "POST",
                f"{path}/first-password",
                own,
                self._first_password,
                "set a first password for oneself",
                takes=FirstPassword,
                status=204,
                fresh=True,
            ),
            small_route(
                "DELETE",
                "/api/v1/users/{id}/identities",
                Action.USER_MANAGE,
                self._unlink_all,
                "take away all identities that a user has linked",
                fresh=True,
            ),
        ]

    async def _list_ways(self, request: Request) -> Response:
        labels = dict(self._oidc.offers())
        return json_response(
            WaysView(
                has_password=bool(self._links.owner(request.actor).password_hash),
                identities=[_view(each, labels) for each in self._links.identities(request.actor)],
                providers=[ProviderView(*each) for each in labels.items()],
            )
        )

    async def _prove_recent(self, request: Request) -> Response:
        self._links.begin(request.actor)
        return Response(status=204)

    async def _unlink(self, request: Request) -> Response:
        await self._links.unlink(request.actor, request.match["id"])
        return Response(status=204)

    async def _unlink_all(self, request: Request) -> Response:
        await self._links.unlink_all(request.actor, request.match["id"])
        return Response(status=204)

    async def _first_password(self, request: Request) -> Response:
        new = request.json(FirstPassword).new
        await self._accounts.first_password(request.actor, Secret(new))
        return Response(status=204)


def _view(identity: ForeignIdentity, labels: dict[str, str]) -> IdentityView:
    return IdentityView(
        id=id_of(identity),
        provider=identity.provider,
        label=labels.get(identity.provider, identity.provider),
        linked=identity.linked,
        created_ns=identity.created_ns,
        used_ns=identity.used_ns,
    )
