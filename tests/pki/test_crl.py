"""Revocation lists: what OpenSSL and this library read in them."""

import shutil
import subprocess

import pytest
from cryptography import x509

from muster.errors import InputError
from muster.model.identity import Identity
from muster.pki import crl, keys, profile
from muster.pki.authority import Authority, make_hierarchy, with_services
from muster.pki.crl import Revoked

SECOND_NS = 1_000_000_000
NOW_NS = 1_800_000_000 * SECOND_NS
HUB = "0a0a0a0a-1111-4111-8111-111111111111"
NODE = Identity(HUB, "0b0b0b0b-1111-4111-8111-111111111111", "0c0c0c0c-1111-4111-8111-111111111111")
HIERARCHY = make_hierarchy(NOW_NS, HUB)
ISSUER = keys.load_chain(HIERARCHY.agents)[0]
KEY = keys.load_key(HIERARCHY.agents_key)


def signed(*entries, number=7, now_ns=NOW_NS):
    pem = crl.sign_list(ISSUER, KEY, entries, number=number, now_ns=now_ns)
    return x509.load_pem_x509_crl(pem.encode())


def test_a_list_says_who_made_it_when_its_number_and_when_the_next_is_due():
    found = signed()

    assert found.is_signature_valid(ISSUER.public_key())
    assert found.issuer == ISSUER.subject
    assert found.extensions.get_extension_for_class(x509.CRLNumber).value.crl_number == 7
    life = found.next_update_utc - found.last_update_utc
    assert life.total_seconds() == profile.CRL_LIFETIME_S > 2 * profile.CRL_REFRESH_S


def test_an_entry_has_serial_time_and_reason():
    found = signed(
        Revoked(serial="a1", revoked_ns=NOW_NS - 60 * SECOND_NS, reason="cessation_of_operation"),
        Revoked(serial="b2", revoked_ns=NOW_NS),
    )
    first = found.get_revoked_certificate_by_serial_number(0xA1)

    reason = first.extensions.get_extension_for_class(x509.CRLReason).value
    assert reason.reason is x509.ReasonFlags.cessation_of_operation
    assert first.revocation_date_utc == keys.to_datetime(NOW_NS - 60 * SECOND_NS)
    assert not list(found.get_revoked_certificate_by_serial_number(0xB2).extensions)
    assert found.get_revoked_certificate_by_serial_number(0xC3) is None


def test_nothing_is_revoked_in_the_future():
    found = signed(Revoked(serial="a1", revoked_ns=NOW_NS + 10**18))

    assert next(iter(found)).revocation_date_utc == keys.to_datetime(NOW_NS)


def test_an_unknown_reason_is_refused():
    with pytest.raises(InputError, match="no reason to revoke: 'boredom'"):
        signed(Revoked(serial="a1", revoked_ns=1, reason="boredom"))


def test_a_list_has_an_end(monkeypatch):
    monkeypatch.setattr(crl, "MAX_ENTRIES", 2)
    with pytest.raises(InputError, match="up to 2 certificates, not 3"):
        signed(*(Revoked(serial=f"{n:x}", revoked_ns=1) for n in range(3)))


def lists_of(pem):
    parts = pem.split("-----END X509 CRL-----\n")[:-1]
    return [x509.load_pem_x509_crl((part + "-----END X509 CRL-----\n").encode()) for part in parts]


def test_nodes_are_on_the_lists_of_issuers_for_agents_alone():
    entries = [Revoked(serial="a1", revoked_ns=1)]
    agents, servers = lists_of(Authority(HIERARCHY).sign_lists(entries, number=1, now_ns=NOW_NS))

    assert (len(agents), len(servers)) == (1, 0)
    assert agents.issuer == ISSUER.subject


def test_other_services_have_a_list_of_their_own():
    entries = [Revoked(serial="a1", revoked_ns=1)]
    with pytest.raises(InputError, match="no CA for other services"):
        Authority(HIERARCHY).sign_lists(entries, number=1, now_ns=NOW_NS, services=True)
    hierarchy = with_services(HIERARCHY, NOW_NS)
    authority = Authority(hierarchy)
    (found,) = lists_of(authority.sign_lists(entries, number=1, now_ns=NOW_NS, services=True))

    assert found.issuer == keys.load_chain(hierarchy.services)[0].subject
    assert len(found) == 1
    assert len(lists_of(authority.sign_lists(entries, number=1, now_ns=NOW_NS))) == 2


@pytest.mark.skipif(shutil.which("openssl") is None, reason="no openssl here")
@pytest.mark.parametrize("is_revoked", [True, False])
def test_openssl_goes_by_the_list(tmp_path, is_revoked):
    authority = Authority(HIERARCHY)
    issued = authority.issue_agent(keys.make_request(keys.make_key()), NODE, now_ns=NOW_NS)
    entries = [Revoked(serial=issued.view.serial, revoked_ns=NOW_NS)] if is_revoked else []
    (tmp_path / "crl.pem").write_text(authority.sign_lists(entries, number=1, now_ns=NOW_NS))
    (tmp_path / "root.pem").write_text(authority.anchors)
    (tmp_path / "chain.pem").write_text(issued.chain)
    command = ["openssl", "verify", "-x509_strict", "-crl_check"]
    command += ["-attime", str(NOW_NS // SECOND_NS), "-CAfile", str(tmp_path / "root.pem")]
    command += ["-CRLfile", str(tmp_path / "crl.pem"), "-untrusted", str(tmp_path / "chain.pem")]
    done = subprocess.run(
        [*command, str(tmp_path / "chain.pem")], capture_output=True, text=True, check=False
    )

    assert (done.returncode == 0) is not is_revoked, done.stderr
    assert ("certificate revoked" in done.stderr) is is_revoked
