"""What an operator does with the key of a root, on files."""

import datetime

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa

from muster.clock import ManualClock
from muster.errors import Conflict, InputError, NotFound, Unavailable
from muster.hub.keys import ceremony
from muster.hub.keys.ceremony import Brought
from muster.log import Secret
from muster.pki import keys
from muster.pki.authority import make_hierarchy
from muster.pki.trust import Phase
from muster.store.keyring import KeyRing
from muster.store.keystore import KeyStore

NOW_NS = 1_800_000_000 * 10**9
PASSPHRASE = Secret("correct horse battery")


@pytest.fixture
def store(tmp_path):
    store = KeyStore(folder=tmp_path / "ca")
    store.open(NOW_NS)
    return store


@pytest.fixture
def ring(store):
    return KeyRing(store=store, clock=ManualClock(NOW_NS))


@pytest.fixture(scope="module")
def corporate():
    key = rsa.generate_private_key(65537, 2048)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Corporate root")])
    now = datetime.datetime.fromtimestamp(NOW_NS // 10**9, datetime.UTC)
    usage = x509.KeyUsage(False, False, False, False, False, True, True, False, False)
    built = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=3000))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    return Brought(certificate=keys.format_chain(built), key=keys.format_key(key))


def exported(store, tmp_path):
    file = tmp_path / "root.key"
    ceremony.export_root(store, file, PASSPHRASE, NOW_NS)
    key = keys.load_signing_key(Secret(file.read_text()), PASSPHRASE)
    return keys.format_key(key)


def test_the_exported_key_is_encrypted_private_and_the_roots(store, tmp_path):
    pin = ceremony.export_root(store, tmp_path / "out", PASSPHRASE, NOW_NS)
    text = (tmp_path / "out").read_text()

    assert "ENCRYPTED PRIVATE KEY" in text
    assert (tmp_path / "out").stat().st_mode & 0o777 == 0o600
    opened = keys.load_signing_key(Secret(text), PASSPHRASE)
    assert keys.key_sha256(opened.public_key()) == pin == store.open(NOW_NS).pins[0]
    assert store.exported_ns() == NOW_NS


def test_another_passphrase_or_none_opens_nothing(store, tmp_path):
    ceremony.export_root(store, tmp_path / "out", PASSPHRASE, NOW_NS)
    text = Secret((tmp_path / "out").read_text())

    with pytest.raises(InputError, match="another passphrase"):
        keys.load_signing_key(text, Secret("something else"))
    with pytest.raises(InputError, match="give its passphrase"):
        keys.load_signing_key(text)


def test_a_passphrase_too_short_or_too_long_and_a_file_that_is_there_are_refused(store, tmp_path):
    (tmp_path / "there").write_text("mine")
    with pytest.raises(InputError, match="12 characters"):
        ceremony.export_root(store, tmp_path / "out", Secret("short"), NOW_NS)
    with pytest.raises(InputError, match="1023 bytes at most"):
        ceremony.export_root(store, tmp_path / "out", Secret("x" * 1024), NOW_NS)
    with pytest.raises(Conflict, match="is there already"):
        ceremony.export_root(store, tmp_path / "there", PASSPHRASE, NOW_NS)

    assert (tmp_path / "there").read_text() == "mine"
    assert store.exported_ns() == 0


def test_a_disk_that_refuses_leaves_nothing_and_counts_as_no_export(store, tmp_path, monkeypatch):
    def full(path, data):
        path.write_bytes(data[:5])
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(ceremony, "write_new", full)
    with pytest.raises(Unavailable, match="No space left"):
        ceremony.export_root(store, tmp_path / "out", PASSPHRASE, NOW_NS)

    assert not (tmp_path / "out").exists()
    assert store.exported_ns() == 0


def test_what_was_not_written_as_it_should_be_counts_as_no_export(store, tmp_path, monkeypatch):
    other = keys.format_key(keys.load_key(keys.make_key()), PASSPHRASE).reveal()
    monkeypatch.setattr(ceremony, "write_new", lambda path, _: path.write_text(other))
    with pytest.raises(Unavailable, match="does not hold what was written"):
        ceremony.export_root(store, tmp_path / "out", PASSPHRASE, NOW_NS)

    assert store.exported_ns() == 0


def test_the_key_is_removed_once_an_export_was_verified_or_by_force(store, tmp_path):
    with pytest.raises(Conflict, match="muster ca root export"):
        ceremony.remove_root(store, force=False)
    assert store.has_root_key()
    exported(store, tmp_path)
    ceremony.remove_root(store, force=False)

    assert not store.has_root_key()
    assert store.open(NOW_NS).pins
    with pytest.raises(Conflict, match="not on this hub"):
        ceremony.remove_root(store, force=True)
    with pytest.raises(Conflict, match="not on this hub"):
        ceremony.export_root(store, tmp_path / "again", PASSPHRASE, NOW_NS)


def test_without_an_export_it_takes_force(store):
    ceremony.remove_root(store, force=True)

    assert not store.has_root_key()


def test_an_exported_key_renews_the_issuers(store, ring, tmp_path):
    key = exported(store, tmp_path)
    ceremony.remove_root(store, force=False)
    before = ring.trust
    ceremony.stage_issuers(store, key, NOW_NS)

    assert ring.renew_issuers(staged=True).agents != before.agents
    assert not store.has_root_key()


def test_an_exported_key_prepares_the_next_root(store, ring, tmp_path):
    key = exported(store, tmp_path)
    ceremony.remove_root(store, force=False)
    ceremony.stage_roll(store, key, NOW_NS)

    assert ring.prepare(staged=True).phase is Phase.PREPARED
    assert ring.activate().root_key


def test_a_key_of_another_root_does_neither(store):
    stranger = make_hierarchy(NOW_NS).root_key

    for step in (ceremony.stage_issuers, ceremony.stage_roll):
        with pytest.raises(InputError, match="not the key of the root that signs"):
            step(store, stranger, NOW_NS)
    assert not store.staged.exists()


def test_what_lies_ready_is_for_the_owner_alone(store):
    ceremony.stage_roll(store, store.read().current.root_key, NOW_NS)

    assert store.staged.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in store.staged.iterdir()} == {0o600}


@pytest.mark.parametrize("keep_key", [True, False])
def test_a_root_that_is_brought_along_is_the_next_one(store, ring, corporate, keep_key):
    brought = Brought(certificate=corporate.certificate, key=corporate.key, keep_key=keep_key)
    ceremony.stage_import(store, brought, None, NOW_NS)
    ring.prepare(staged=True)
    ring.activate()
    ring.retire()

    assert ring.anchors == corporate.certificate
    assert ring.trust.root_key is keep_key
    assert KeyRing(store=store, clock=ManualClock(NOW_NS)).trust == ring.trust


def test_with_the_root_offline_an_import_needs_its_key(store, ring, corporate):
    key = store.read().current.root_key
    ceremony.remove_root(store, force=True)
    with pytest.raises(Conflict, match="offline"):
        ceremony.stage_import(store, corporate, None, NOW_NS)
    ceremony.stage_import(store, corporate, key, NOW_NS)

    assert ring.prepare(staged=True).phase is Phase.PREPARED


def test_a_hub_may_begin_with_a_root_that_is_brought_along(tmp_path, corporate):
    store = KeyStore(folder=tmp_path / "fresh" / "ca")
    hub = ceremony.begin_with(store, corporate, NOW_NS)
    assert not (tmp_path / "fresh" / "ca").exists()
    authority = store.open(NOW_NS)

    assert authority.hub == hub
    assert authority.anchors == corporate.certificate
    assert not store.staged.exists()


def test_a_file_that_is_no_certificate_is_named(tmp_path):
    (tmp_path / "ca.cer").write_bytes(b"\xff\x00")
    with pytest.raises(InputError, match=r"ca\.cer.*not PEM"):
        ceremony.read_certificate(tmp_path / "ca.cer")
    with pytest.raises(InputError, match="No such file"):
        ceremony.read_certificate(tmp_path / "none.cer")


def test_only_the_owner_of_the_folder_goes_on(tmp_path, store, monkeypatch):
    with pytest.raises(NotFound, match="start the hub once"):
        ceremony.require_owner(tmp_path / "nowhere")
    ceremony.require_owner(tmp_path / "ca")
    monkeypatch.setattr(ceremony.os, "geteuid", lambda: 4711)
    with pytest.raises(InputError, match="run this as that user"):
        ceremony.require_owner(tmp_path / "ca")
