"""One certificate out of a profile."""

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec

from muster.errors import InputError
from muster.pki import keys, profile
from muster.pki.building import build

NOW_NS = 1_800_000_000 * 10**9
KEY = ec.generate_private_key(ec.SECP256R1())
NAME = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Somebody's root")])


def root(**given):
    names = [x509.UniformResourceIdentifier("spiffe://x")]
    return build(profile.ROOT, NAME, NAME, KEY.public_key(), KEY, NOW_NS, names, **given)


def leaf(issuer, kind=profile.SERVICE, names=(), now_ns=NOW_NS, **given):
    key = ec.generate_private_key(ec.SECP256R1()).public_key()
    return build(kind, NAME, issuer.subject, key, KEY, now_ns, names, issuer=issuer, **given)


def test_it_names_its_issuer_by_the_issuers_own_key_id():
    issuer = root()
    own = issuer.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    named = leaf(issuer).extensions.get_extension_for_class(x509.AuthorityKeyIdentifier).value

    assert named.key_identifier == own.digest


def test_a_certificate_without_names_has_no_empty_list_of_them():
    with pytest.raises(x509.ExtensionNotFound):
        leaf(root()).extensions.get_extension_for_class(x509.SubjectAlternativeName)


def test_it_ends_no_later_than_its_issuer_and_not_sooner_than_it_began():
    issuer = root()
    end_ns = keys.view(issuer).not_after_ns
    late = leaf(issuer, now_ns=end_ns - 60 * 10**9)

    assert keys.view(late).not_after_ns == end_ns
    with pytest.raises(InputError, match="run out"):
        leaf(issuer, now_ns=end_ns)
    with pytest.raises(InputError, match="lifetime under"):
        leaf(issuer, lifetime_s=1)
