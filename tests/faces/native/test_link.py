from types import SimpleNamespace

import pytest

from muster.core.enrolment.admission import CredentialRefused
from muster.errors import Denied
from muster.faces.native.link import LinkFace
from muster.model.identity import Identity
from muster.net.http import Public, Request, UpgradeRequired
from muster.net.routing import Router

IDENTITY = Identity(hub="h", space="s", node="6f1c2e0a-93d4-4b7e-a1f8-20c97d5be314")
ASKED = Request(method="GET", path="/v1/link", peer=IDENTITY, peer_certificate=b"der")


def test_the_agents_listener_has_one_route_and_the_certificate_is_the_authority():
    routes = LinkFace(None).routes()

    assert [(route.method, route.path, route.allow) for route in routes] == [
        ("GET", "/v1/link", Public.PEER)
    ]
    assert routes[0].max_body_bytes > 4 << 20
    Router(routes)


async def test_a_link_without_an_identity_is_a_bug_of_the_listener():
    with pytest.raises(TypeError):
        await LinkFace(None).serve(Request(method="GET", path="/v1/link"), None)


class Verdict:
    """An Enrolment that says one thing of every certificate."""

    def __init__(self, refusal=None):
        self.refusal = refusal

    async def check(self, identity, certificate):
        assert (identity, certificate) == (IDENTITY, b"der")
        if self.refusal:
            raise self.refusal


def face(verdict):
    return LinkFace(SimpleNamespace(enrolment=verdict))


async def test_who_asks_without_an_upgrade_is_told_why_the_link_would_be_refused():
    verdict = Verdict(CredentialRefused("node_revoked", "this node was revoked: lost"))
    with pytest.raises(Denied, match="revoked: lost") as refused:
        await face(verdict).check(ASKED)

    assert (refused.value.code, refused.value.status) == ("node_revoked", 403)


async def test_who_asks_without_an_upgrade_and_would_be_let_in_is_told_to_upgrade():
    with pytest.raises(UpgradeRequired):
        await face(Verdict()).check(ASKED)
