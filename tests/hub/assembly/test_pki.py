"""What ends is gathered from all that the hub shows or signs with."""

import pytest

from muster.clock import DAY_NS, ManualClock
from muster.errors import Conflict
from muster.hub.assembly.foundation import Foundation
from muster.hub.assembly.pki import PkiParts, ca_endings, server_endings, web_endings
from muster.hub.places import Places
from muster.hub.settings import Settings
from muster.hub.tls.acme import AcmeSettings
from muster.hub.tls.webcertificate import WebSettings
from muster.net.http import Request
from muster.testing.house import OPERATOR
from tests.hub.tls.test_webcertificate import make_pair

NOW = ManualClock().now_ns()


@pytest.fixture
def build(tmp_path):
    """Parts of a hub that serves nobody."""
    opened = []

    def parts(**given):
        settings = Settings(data=tmp_path / "data", **given)
        places, clock = Places(settings.data), ManualClock()
        foundation = Foundation(settings=settings, places=places, clock=clock)
        foundation.open()
        opened.append(foundation)
        made = PkiParts(
            settings=settings,
            foundation=foundation,
            places=places,
            clock=clock,
            is_plausible=lambda: True,
        )
        made.foundation, made.places, made.clock = foundation, places, clock
        return made

    yield parts
    for each in opened:
        each.close()


def test_roots_issuers_and_cas_for_services_end(build):
    pki = build()
    kinds = [each.kind for each in ca_endings(pki.foundation.authority.trust)]
    assert kinds == ["root", "issuer", "issuer"]

    trust = pki.foundation.authority.take_services(staged=False)
    assert [each.kind for each in ca_endings(trust)][-1] == "services_ca"
    assert len({each.id for each in ca_endings(trust)}) == 4


def test_the_hubs_own_is_said_only_when_its_renewal_does_not_happen(build, tmp_path):
    pki = build()
    file = pki.places.certificate

    assert server_endings(file, NOW + 16 * DAY_NS) == []
    assert [each.kind for each in server_endings(file, NOW + 22 * DAY_NS)] == ["server"]
    assert server_endings(tmp_path / "none", NOW) == []


async def test_what_was_brought_along_for_browsers_ends_too(build, tmp_path):
    make_pair(tmp_path, "hub.example", ends=NOW + 20 * DAY_NS, begins=NOW - 70 * DAY_NS)
    web = WebSettings(certificate=tmp_path / "cert.pem", key=tmp_path / "key.pem")
    pki = build(web=web)

    (ending,) = web_endings(pki.foundation.web_certificate)
    assert (ending.kind, ending.name) == ("web", "hub.example")
    view = pki.web.look()
    assert (view.source, view.names, view.next_ns) == ("files", ["hub.example"], 0)
    assert [each.kind for each in await pki.endings.soon(OPERATOR)] == ["web"]
    with pytest.raises(Conflict, match="no ACME server"):
        await pki.web.renew(OPERATOR)


def test_without_files_the_hubs_own_is_shown(build):
    pki = build()
    view = pki.web.look()

    assert (view.source, view.fault) == ("own", "")
    assert "localhost" in view.names
    assert web_endings(pki.foundation.web_certificate) == []


async def test_with_acme_the_hub_shows_its_own_until_it_has_one(build):
    settings = AcmeSettings(
        directory="https://acme.invalid/dir", agree=True, names=("hub.example",), http_port=80
    )
    pki = build(acme=settings)
    view = pki.web.look()

    assert (view.source, view.fault) == ("own", "")
    assert pki.web.acme.names == ("hub.example",)
    challenge, rest = pki.acme_routes(lambda: ["hub.example"], 7443)
    assert challenge.path.startswith("/.well-known/acme-challenge/")
    answer = await rest.handler(Request(method="GET", path="/", headers={"host": "hub.example"}))
    assert answer.headers["Location"] == "https://hub.example:7443/"


async def test_without_acme_nothing_runs(build):
    await build().web.run()
