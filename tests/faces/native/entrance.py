"""A house with every route of sign-in, and a browser that keeps its cookies."""

import json

import msgspec

from muster.core.people.oidc import OidcSignIn
from muster.core.people.oidcprovider import GroupRole, OidcSettings, Provider
from muster.faces.native.account import SessionFace, UserFace, actor_of
from muster.faces.native.invitations import InvitationFace, InvitedFace
from muster.faces.native.passkeys import PasskeyFace
from muster.faces.native.sessionview import HubName, SessionViews
from muster.faces.native.signin import OidcFace, PasskeySignInFace, StepUpFace
from muster.faces.native.ways import WaysFace
from muster.log import Secret
from muster.model.access import Role
from muster.net.http import Request
from muster.testing.house import OPERATOR, House
from tests.core.provider import CLIENT, ISSUER, SECRET, FakeProvider

GOOD = "correct horse battery"
HOST = "hub.example:7443"


class Entrance(House):
    async def furnish(self, folder, *, prefix="", **provider):
        self.fake = FakeProvider(self.clock)
        secret = folder / "secret"
        secret.write_text(SECRET)
        settings = OidcSettings(
            issuer=ISSUER,
            client_id=CLIENT,
            client_secret_file=secret,
            map=(GroupRole(group="ops", role=Role.ADMIN),),
            **provider,
        )
        self.oidc = OidcSignIn(
            records=self.records,
            clock=self.clock,
            sessions=self.accounts.sessions,
            providers=[Provider(name="corp", settings=settings, fetch=self.fake, clock=self.clock)],
        )
        hub = HubName(name="harbour", version="1", id=self.authority.hub)
        views = SessionViews(inventory=self.inventory, spaces=self.spaces, hub=hub)

        async def leave(method, host):
            return await self.oidc.leave(method, f"https://{host}/")

        known = [
            *SessionFace(accounts=self.accounts, views=views, leave=leave).routes(),
            *UserFace(accounts=self.accounts, inventory=self.inventory).routes(),
            *OidcFace(oidc=self.oidc, prefix=prefix).routes(),
            *PasskeySignInFace(passkeys=self.passkeys, views=views).routes(),
            *StepUpFace(self.passkeys).routes(),
            *PasskeyFace(passkeys=self.passkeys).routes(),
            *WaysFace(accounts=self.accounts, oidc=self.oidc).routes(),
            *InvitationFace(
                invitations=self.invitations,
                inventory=self.inventory,
                own_address=lambda: "https://own.example:7443",
                prefix=prefix,
            ).routes(),
            *InvitedFace(invitations=self.invitations, views=views).routes(),
        ]
        self.routes = {f"{each.method} {each.path}": each for each in known}
        self.user = await self.accounts.create_user(
            OPERATOR, self.space.id, "ada", Secret(GOOD), Role.ADMIN
        )

    def browser(self, host=HOST):
        return Browser(self, host)


class Browser:
    def __init__(self, entrance, host=HOST, actor=None):
        self.entrance = entrance
        self.host = host
        self.cookies = {}
        self.headers = []  # set-cookie, as they came
        self.actor = actor

    async def call(self, route, /, body=None, query=None, **match):
        route = self.entrance.routes[route]
        request = Request(
            method=route.method,
            path=route.path,
            match=match,
            query=query or {},
            cookies=self.cookies,
            headers={"host": self.host},
            address="10.0.0.1",
            body=msgspec.json.encode(body or {}),
        )
        actor = self.actor or await actor_of(self.entrance.accounts, request)
        answer = await route.handler(msgspec.structs.replace(request, actor=actor))
        self.take(answer)
        return answer

    async def json(self, route, /, body=None, **given):
        return json.loads((await self.call(route, body, **given)).body)

    def take(self, answer):
        header = answer.headers.get("set-cookie")
        if header:
            self.headers.append(header)
            name, _, value = header.partition(";")[0].partition("=")
            self.cookies[name] = value

    async def sign_in(self, name="ada", password=GOOD):
        return await self.call("POST /api/v1/session", {"name": name, "password": password})

    async def enrol(self, device, name="laptop"):
        options = await self.json("POST /api/v1/passkeys/options")
        body = {"name": name, "credential": device.create(options)}
        return await self.call("POST /api/v1/passkeys", body)

    async def step_up(self, device):
        options = await self.json("POST /api/v1/session/step-up/options")
        return await self.call("POST /api/v1/session/step-up", {"credential": device.get(options)})

    async def by_passkey(self, device):
        options = await self.json("POST /api/v1/session/passkey/options")
        return await self.call("POST /api/v1/session/passkey", {"credential": device.get(options)})

    async def by_provider(self, next="/account"):
        gone = await self.call("GET /api/v1/signin/oidc/{name}", query={"next": next}, name="corp")
        query = self.entrance.fake.authorize(gone.headers["location"])
        return await self.call("GET /api/v1/signin/oidc/{name}/callback", query=query, name="corp")
