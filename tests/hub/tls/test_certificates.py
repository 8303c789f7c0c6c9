import ssl
import stat
from contextlib import suppress

import msgspec
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec

from muster.clock import ManualClock
from muster.errors import InputError
from muster.hub.keys import ceremony
from muster.hub.keys.ceremony import Brought
from muster.hub.tls import certificates
from muster.hub.tls.certificates import ServerCertificate, known_hosts, wanted_names
from muster.net.tls import server_context
from muster.pki import keys
from muster.pki.authority import Authority, make_hierarchy
from muster.pki.building import build
from muster.pki.profile import ROOT
from muster.store.keyring import KeyRing
from muster.store.keystore import KeyStore

CLOCK_NS = 1_800_000_000_000_000_000
DAY_S = 86_400


@pytest.fixture
def clock():
    return ManualClock(CLOCK_NS)


@pytest.fixture
def names():
    return ["hub.example", "192.0.2.7", "::1"]


@pytest.fixture
def certificate(tmp_path, clock, names):
    return ServerCertificate(
        file=tmp_path / "server.pem",
        authority=Authority(make_hierarchy(CLOCK_NS)),
        clock=clock,
        names=lambda: list(names),
    )


def view(tmp_path):
    return keys.views((tmp_path / "server.pem").read_text())[0]


def test_the_first_start_makes_a_certificate_of_every_name(tmp_path, certificate, names):
    assert certificate.prepare()

    assert set(view(tmp_path).names) == set(names)
    assert stat.S_IMODE((tmp_path / "server.pem").stat().st_mode) == 0o600


def test_a_certificate_that_serves_is_kept(certificate, clock):
    certificate.prepare()
    clock.advance(10 * DAY_S)

    assert not certificate.prepare()


def test_it_is_made_anew_at_half_its_life(tmp_path, certificate, clock):
    certificate.prepare()
    old = view(tmp_path)
    clock.advance(15 * DAY_S)

    assert certificate.prepare()
    assert view(tmp_path).not_after_ns > old.not_after_ns


def test_it_is_made_anew_when_a_name_comes_or_goes(tmp_path, certificate, names):
    certificate.prepare()
    names.append("2001:db8::1")

    assert certificate.prepare()
    assert "2001:db8::1" in view(tmp_path).names
    names.remove("192.0.2.7")
    assert certificate.prepare()


def test_it_is_made_anew_when_its_file_is_broken(tmp_path, certificate):
    (tmp_path / "server.pem").write_bytes(b"\xff\x00 nonsense")

    assert certificate.prepare()


def test_it_is_made_anew_under_another_authority(tmp_path, certificate, clock, names):
    certificate.prepare()
    other = ServerCertificate(
        file=tmp_path / "server.pem",
        authority=Authority(make_hierarchy(CLOCK_NS)),
        clock=clock,
        names=lambda: names,
    )

    assert other.prepare()


def test_a_name_that_is_none_is_named(certificate, names):
    names.append("not a name")

    with pytest.raises(InputError, match="not a name"):
        certificate.prepare()


def test_each_listener_demands_what_it_should(certificate):
    certificate.prepare()

    agents, enrol = certificate.agents(), certificate.enrol()

    assert (agents.verify_mode, enrol.verify_mode) == (ssl.CERT_REQUIRED, ssl.CERT_NONE)
    assert agents.minimum_version == enrol.minimum_version == ssl.TLSVersion.TLSv1_3
    assert agents.num_tickets == 0


def test_configured_names_come_first_and_machine_names_are_there():
    names = wanted_names(["Hub.Example", "192.0.2.7"])

    assert names[:2] == ["hub.example", "192.0.2.7"]
    assert {"localhost", "127.0.0.1", "::1"} <= set(names)


def test_no_more_names_than_a_certificate_holds():
    assert len(wanted_names(f"h{number}" for number in range(500))) == 100


def test_browsers_may_ask_for_the_machine_by_its_short_name_and_in_mdns(monkeypatch):
    monkeypatch.setattr(certificates.socket, "gethostname", lambda: "Pilot.example.")
    known = known_hosts(["Hub.Example."])

    assert {"hub.example", "pilot", "pilot.local", "localhost", "127.0.0.1"} <= set(known)


def served(context):
    """Serial of the certificate that a handshake with a context shows."""
    client = ssl.create_default_context()
    client.check_hostname, client.verify_mode = False, ssl.CERT_NONE
    ours, theirs = ssl.MemoryBIO(), ssl.MemoryBIO()
    asking = client.wrap_bio(ours, theirs, server_hostname="localhost")
    answering = context.wrap_bio(theirs, ours, server_side=True)
    for _ in range(3):
        for side in (asking, answering):
            with suppress(ssl.SSLWantReadError):
                side.do_handshake()
    der = asking.getpeercert(binary_form=True)
    return keys.views(ssl.DER_cert_to_PEM_cert(der))[0].serial


def test_a_running_listener_serves_the_new_certificate(tmp_path, certificate, names):
    certificate.prepare()
    context = certificate.enrol()
    before = served(context)
    names.append("new.example")
    certificate.look()

    assert served(context) == view(tmp_path).serial != before


def test_each_step_of_a_roll_over_is_shown_by_running_listeners(tmp_path, clock, names):
    ring = KeyRing(store=KeyStore(folder=tmp_path / "ca"), clock=clock)
    certificate = ServerCertificate(
        file=tmp_path / "server.pem", authority=ring, clock=clock, names=lambda: list(names)
    )
    certificate.prepare()
    context = certificate.enrol()
    first = served(context)

    ring.prepare(staged=False)
    certificate.look()
    assert served(context) == first  # the old root signs on
    ring.activate()
    certificate.look()
    second = served(context)
    assert second != first
    assert len(keys.views((tmp_path / "server.pem").read_text())) == 3
    ring.retire()
    certificate.look()

    assert served(context) not in (first, second)
    assert len(keys.views((tmp_path / "server.pem").read_text())) == 2
    assert not certificate.prepare()


def test_a_bridge_to_a_root_that_is_gone_is_shown_no_more(tmp_path, clock, names):
    """The bridge to a root of another name stands before the issuer, so the end is the same."""
    store = KeyStore(folder=tmp_path / "ca")
    ring = KeyRing(store=store, clock=clock)
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Another name")])
    kind = msgspec.structs.replace(ROOT, path_length=None)
    root = build(kind, name, name, key.public_key(), key, clock.now_ns(), [])
    brought = Brought(certificate=keys.format_chain(root), key=keys.format_key(key))
    ceremony.stage_import(store, brought, None, clock.now_ns())
    certificate = ServerCertificate(
        file=tmp_path / "server.pem", authority=ring, clock=clock, names=lambda: list(names)
    )
    for step in (lambda: ring.prepare(staged=True), ring.activate, ring.retire):
        step()
        certificate.look()

    assert len(keys.views((tmp_path / "server.pem").read_text())) == 2


def test_what_clients_are_known_by_follows_although_the_certificate_serves_on(
    tmp_path, clock, names, monkeypatch
):
    ring = KeyRing(store=KeyStore(folder=tmp_path / "ca"), clock=clock)
    certificate = ServerCertificate(
        file=tmp_path / "server.pem", authority=ring, clock=clock, names=lambda: list(names)
    )
    certificate.prepare()
    asked = []

    def watched(file, *, clients="", **given):
        asked.append(clients)
        return server_context(file, clients=clients, **given)

    monkeypatch.setattr(certificates, "server_context", watched)
    certificate.agents()
    certificate.look()
    ring.prepare(staged=False)
    certificate.look()

    assert [len(keys.views(each)) for each in asked] == [2, 4]  # roots and issuers
