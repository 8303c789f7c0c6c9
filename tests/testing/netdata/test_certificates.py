from cryptography import x509

from muster.clock import ManualClock
from muster.testing.netdata.certificates import self_signed


def test_it_is_its_own_issuer_and_no_ca():
    pem = self_signed("hub.example", ManualClock().now_ns())
    leaf = x509.load_pem_x509_certificate(pem[pem.index("-----BEGIN CERT") :].encode())

    leaf.verify_directly_issued_by(leaf)
    names = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["hub.example"]
    assert not [each for each in leaf.extensions if each.oid == x509.OID_BASIC_CONSTRAINTS]
