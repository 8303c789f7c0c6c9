"""Routes of passkeys: one's own, and for admins those of others."""

from typing import Any

import msgspec

from muster.core.people.passkeys import Passkeys
from muster.faces.native.sessionview import COOKIE
from muster.faces.native.signin import obstacle_of, proved, site_of
from muster.model.access import Action
from muster.model.signin import Passkey
from muster.net.http import (
    LISTS_BYTES,
    Public,
    Request,
    Response,
    Route,
    json_response,
    small_route,
)


class PasskeyView(msgspec.Struct, frozen=True, kw_only=True):
    """A passkey; `used_ns` 0 means never. `synced`: it lies with a provider, not in one device."""

    id: str
    name: str
    domain: str
    created_ns: int
    used_ns: int
    synced: bool


class PasskeysView(msgspec.Struct, frozen=True, kw_only=True):
    """One's own. `required` is one's own wish, `needed` what holds."""

    passkeys: list[PasskeyView]
    required: bool
    needed: bool
    obstacle: str  # why none can be made under this address; empty: they can


class NewPasskey(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What `navigator.credentials.create` gave, as its `toJSON` writes it."""

    name: str
    credential: dict[str, Any]


class RenamePasskey(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Its new name."""

    name: str


class OwnSignIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whether one's own sign-in takes a passkey."""

    required: bool


def view_of(passkey: Passkey) -> PasskeyView:
    """A passkey without its key."""
    return PasskeyView(
        id=passkey.id,
        name=passkey.name,
        domain=passkey.domain,
        created_ns=passkey.created_ns,
        used_ns=passkey.used_ns,
        synced=passkey.synced,
    )


class PasskeyFace:
    """Making one asks for a session alone: the first may be what makes the session whole."""

    def __init__(self, passkeys: Passkeys) -> None:
        self._passkeys = passkeys

    def routes(self) -> list[Route]:
        path, read = "/api/v1/passkeys", Action.HUB_READ
        one = f"{path}/{{id}}"
        others, manage = "/api/v1/users/{id}/passkeys", Action.USER_MANAGE
        return [
            small_route(
                "POST",
                f"{path}/options",
                Public.SIGN_IN,
                self._offer,
                "begin to make a passkey: options for navigator.credentials.create",
                gives=dict[str, Any],
            ),
            small_route(
                "POST",
                path,
                Public.SIGN_IN,
                self._create,
                "keep a passkey of one's own",
                max_body_bytes=LISTS_BYTES,
                takes=NewPasskey,
                gives=PasskeyView,
                status=201,
            ),
            small_route(
                "GET", path, read, self._list_own, "one's own passkeys", gives=PasskeysView
            ),
            small_route(
                "PATCH",
                path,
                read,
                self._require_own,
                "whether one's own sign-in takes a passkey",
                takes=OwnSignIn,
                gives=PasskeysView,
                fresh=True,
            ),
            small_route(
                "PATCH",
                one,
                read,
                self._rename,
                "name a passkey of one's own",
                takes=RenamePasskey,
                gives=PasskeyView,
            ),
            small_route(
                "DELETE", one, read, self._remove, "remove a passkey of one's own", fresh=True
            ),
            small_route(
                "GET",
                others,
                manage,
                self._list_others,
                "a user's passkeys",
                gives=list[PasskeyView],
            ),
            small_route(
                "DELETE",
                f"{others}/{{passkey}}",
                manage,
                self._remove_others,
                "remove a user's passkey, as when it is lost",
                fresh=True,
            ),
        ]

    async def _offer(self, request: Request) -> Response:
        return json_response(self._passkeys.offer_creation(request.actor, site_of(request)))

    async def _create(self, request: Request) -> Response:
        given = request.json(NewPasskey)
        cookie = request.cookies.get(COOKIE, "")
        passkey, signed = await self._passkeys.create(
            request.actor, cookie, site_of(request), given.credential, given.name
        )
        headers = proved(signed).headers
        answer = json_response(view_of(passkey), status=201)
        return msgspec.structs.replace(answer, headers=headers)

    def _own(self, request: Request) -> PasskeysView:
        required, needed = self._passkeys.wanted(request.actor)
        return PasskeysView(
            passkeys=[view_of(each) for each in self._passkeys.passkeys(request.actor)],
            required=required,
            needed=needed,
            obstacle=obstacle_of(request),
        )

    async def _list_own(self, request: Request) -> Response:
        return json_response(self._own(request))

    async def _require_own(self, request: Request) -> Response:
        await self._passkeys.require_own(request.actor, request.json(OwnSignIn).required)
        return json_response(self._own(request))

    async def _rename(self, request: Request) -> Response:
        name = request.json(RenamePasskey).name
        passkey = await self._passkeys.rename(request.actor, request.match["id"], name)
        return json_response(view_of(passkey))

    async def _remove(self, request: Request) -> Response:
        await self._passkeys.remove(request.actor, request.match["id"])
        return Response(status=204)

    async def _list_others(self, request: Request) -> Response:
        found = self._passkeys.passkeys(request.actor, request.match["id"])
        return json_response([view_of(each) for each in found])

    async def _remove_others(self, request: Request) -> Response:
        await self._passkeys.remove(request.actor, request.match["passkey"], request.match["id"])
        return Response(status=204)
