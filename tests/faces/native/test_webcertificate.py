"""The routes of the certificate that browsers see."""

import json

import pytest

from muster.errors import Conflict, Denied
from muster.faces.native.webcertificate import WebCertificateFace, WebView
from muster.model.access import Actor, Role
from muster.net.http import Request
from muster.testing.house import OPERATOR

VIEW = WebView(source="own", names=["hub"], not_before_ns=1, not_after_ns=2, fault="")


class Web:
    def __init__(self):
        self.renewed = []
        self.refuses = False

    def look(self):
        return VIEW

    async def renew(self, actor):
        if self.refuses:
            raise Conflict("no ACME server is set up")
        self.renewed.append(actor.name)


@pytest.fixture
def web():
    return Web()


async def ask(web, method, actor=OPERATOR):
    route = next(each for each in WebCertificateFace(web).routes() if each.method == method)
    answer = await route.handler(Request(method=method, path=route.path, actor=actor))
    return json.loads(answer.body)


async def test_it_is_shown_and_had_anew(web):
    assert (await ask(web, "GET"))["source"] == "own"
    assert (await ask(web, "POST"))["names"] == ["hub"]
    assert web.renewed == ["operator"]


async def test_who_may_not_or_cannot_is_told(web):
    with pytest.raises(Denied):
        await ask(web, "POST", Actor(name="eve", roles={"s": Role.ADMIN}, reaches_hub=False))
    web.refuses = True
    with pytest.raises(Conflict):
        await ask(web, "POST")
