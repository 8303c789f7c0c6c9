"""A request with names is what another CA takes."""

import pytest
from cryptography import x509

from muster.errors import InputError
from muster.pki import keys
from muster.pki.requests import make_named_request


def test_it_asks_for_host_names_and_addresses_with_the_key_alone():
    key = keys.make_key()
    request = x509.load_der_x509_csr(make_named_request(key, ["Hub.example", "192.0.2.7"]))

    names = request.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert [str(each.value) for each in names] == ["hub.example", "192.0.2.7"]
    assert request.is_signature_valid
    assert keys.key_sha256(request.public_key()) == keys.own_key_sha256(key)
    assert list(request.subject) == []


def test_what_is_no_name_is_refused():
    with pytest.raises(InputError):
        make_named_request(keys.make_key(), ["*.example"])
