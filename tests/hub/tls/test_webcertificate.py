"""The web listener's certificate: brought along, replaced, broken, missing."""

import asyncio
import logging
import ssl
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256

from muster.clock import DAY_NS, ManualClock
from muster.errors import SettingsError
from muster.hub.tls.webcertificate import WebCertificate, WebSettings, check, read_pair
from muster.pki.authority import Authority, make_hierarchy

NOW = ManualClock().now_ns()
HIERARCHY = make_hierarchy(NOW)


def make_pair(folder, *names, begins=NOW - DAY_NS, ends=NOW + 30 * DAY_NS, password=b""):
    """Write a certificate of another CA, as somebody brings one along."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "brought")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(datetime.fromtimestamp(begins / 1e9, UTC))
        .not_valid_after(datetime.fromtimestamp(ends / 1e9, UTC))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(each) for each in names]), False)
        .sign(key, SHA256())
    )
    lock = (
        serialization.BestAvailableEncryption(password)
        if password
        else serialization.NoEncryption()
    )
    pem = serialization.Encoding.PEM
    (folder / "key.pem").write_bytes(
        key.private_bytes(pem, serialization.PrivateFormat.PKCS8, lock)
    )
    (folder / "cert.pem").write_bytes(certificate.public_bytes(pem))
    return certificate.serial_number


@pytest.fixture
def clock():
    return ManualClock(NOW)


@pytest.fixture
def web(tmp_path, clock):
    own = tmp_path / "own.pem"
    issued = Authority(HIERARCHY).issue_server(["localhost"], now_ns=NOW)
    own.write_text(issued.key.reveal() + issued.chain)
    settings = WebSettings(certificate=tmp_path / "cert.pem", key=tmp_path / "key.pem")
    return WebCertificate(settings=settings, own=own, hosts=lambda: ["pilot"], clock=clock)


def served(context):
    """The certificate that a handshake with a context shows."""
    client = ssl.create_default_context()
    client.check_hostname, client.verify_mode = False, ssl.CERT_NONE
    ours, theirs = ssl.MemoryBIO(), ssl.MemoryBIO()
    asking = client.wrap_bio(ours, theirs, server_hostname="localhost")
    answering = context.wrap_bio(theirs, ours, server_side=True)
    for _ in range(3):
        for side in (asking, answering):
            with suppress(ssl.SSLWantReadError):
                side.do_handshake()
    return x509.load_der_x509_certificate(asking.getpeercert(binary_form=True)).serial_number


def test_without_settings_the_hubs_own_is_shown_and_no_client_is_asked_for_one(web):
    own = WebCertificate(
        settings=WebSettings(), own=web._own, hosts=lambda: ["pilot"], clock=ManualClock(NOW)
    )
    own.look()

    assert own.fault == ""
    assert own.hosts() == {"pilot"}
    assert own.context().verify_mode == ssl.CERT_NONE
    assert own.context().minimum_version == ssl.TLSVersion.TLSv1_2


def test_a_new_one_of_the_hub_is_shown_from_the_next_look_on(web):
    own = WebCertificate(settings=WebSettings(), own=web._own, hosts=list, clock=ManualClock(NOW))
    own.look()
    before = served(own.context())
    issued = Authority(HIERARCHY).issue_server(["localhost"], now_ns=NOW)
    web._own.write_text(issued.key.reveal() + issued.chain)
    own.look()

    assert served(own.context()) != before


def test_files_brought_along_are_shown_and_their_names_are_known(tmp_path, web):
    serial = make_pair(tmp_path, "www.example", "*.wild.example")
    web.look()

    assert served(web.context()) == serial
    assert web.hosts() == {"pilot", "www.example", "*.wild.example"}


def test_files_that_are_replaced_are_shown_from_the_next_look_on(tmp_path, web):
    make_pair(tmp_path, "www.example")
    web.look()
    context = web.context()
    serial = make_pair(tmp_path, "new.example")
    web.look()

    assert served(context) == serial
    assert "new.example" in web.hosts()


def test_a_pair_that_does_not_serve_leaves_the_one_before_in_use(tmp_path, web, caplog):
    caplog.set_level(logging.WARNING)
    serial = make_pair(tmp_path, "www.example")
    key = (tmp_path / "key.pem").read_bytes()
    web.look()
    make_pair(tmp_path, "new.example")
    (tmp_path / "key.pem").write_bytes(key)
    for _ in range(3):
        web.look()

    assert served(web.context()) == serial
    assert "do not belong together" in web.fault
    assert web.hosts() == {"pilot", "www.example"}
    assert len(caplog.records) == 1  # said once, not every minute


def test_one_that_ends_while_in_use_goes_on_and_is_a_fault(tmp_path, web, clock):
    serial = make_pair(tmp_path, "www.example")
    web.look()
    clock.advance(40 * 86_400)
    web.look()

    assert served(web.context()) == serial
    assert "has ended" in web.fault
    make_pair(tmp_path, "www.example", ends=NOW + 90 * DAY_NS)
    web.look()
    assert web.fault == ""


def test_a_start_without_a_good_pair_shows_the_hubs_own(web):
    web.look()

    assert "cannot be read: No such file" in web.fault
    assert served(web.context()) != 0


def read(folder):
    return read_pair(folder / "cert.pem", folder / "key.pem", NOW)


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        ({"begins": NOW - 2 * DAY_NS, "ends": NOW - DAY_NS}, "has ended on 20"),
        ({"begins": NOW + DAY_NS}, "does not begin before"),
        ({"password": b"secret"}, "has a password"),
    ],
)
def test_a_pair_that_cannot_serve_is_refused_with_its_fault(tmp_path, spoil, says):
    make_pair(tmp_path, "www.example", **spoil)
    with pytest.raises(SettingsError, match=says):
        read(tmp_path)


@pytest.mark.parametrize("junk", [b"", b"junk", b"\xff\x00", b"x" * (2 << 20)])
def test_junk_in_either_file_is_refused_with_the_file(tmp_path, junk):
    for name in ("cert.pem", "key.pem"):
        make_pair(tmp_path, "www.example")
        (tmp_path / name).write_bytes(junk)
        with pytest.raises(SettingsError, match=r"\.pem"):
            read(tmp_path)


@pytest.mark.parametrize(
    ("settings", "key"),
    [
        ({"certificate": "/c.pem"}, "web.key"),
        ({"key": "/k.pem"}, "web.certificate"),
        ({"certificate": "c.pem", "key": "/k.pem"}, "web.certificate"),
    ],
)
def test_settings_that_name_half_a_pair_are_refused(settings, key):
    with pytest.raises(SettingsError) as refused:
        check(WebSettings(**{name: Path(text) for name, text in settings.items()}))

    assert refused.value.key == key


async def test_a_reload_looks_at_once(tmp_path, web):
    make_pair(tmp_path, "www.example")
    web.look()
    make_pair(tmp_path, "new.example")
    web.reload()
    async with asyncio.TaskGroup() as jobs:
        job = jobs.create_task(web.run())
        while "new.example" not in web.hosts():  # noqa: ASYNC110 - a thread gives no event
            await asyncio.sleep(0.001)
        job.cancel()
