"""The key pair of a claim: made once, kept for ever, and only RSA 2048."""

import base64

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding

from muster.agent.netdata.cloudfolder import CloudFolder
from muster.agent.netdata.outcome import ClaimFailed
from muster.agent.netdata.rsakeys import prove_adoption, public_key
from muster.pki import keys


@pytest.fixture(scope="module")
def cloud(tmp_path_factory):
    folder = CloudFolder(tmp_path_factory.mktemp("lib"))
    folder.make()
    return folder


def test_a_second_run_keeps_the_key_byte_by_byte_and_makes_the_public_half_anew(cloud):
    first = public_key(cloud)
    private = cloud.private.read_bytes()
    cloud.public.write_text("of another key")

    assert public_key(cloud) == first == cloud.public.read_text()
    assert cloud.private.read_bytes() == private
    assert cloud.private.stat().st_mode & 0o777 == 0o600
    assert first.startswith("-----BEGIN PUBLIC KEY-----\n")
    assert serialization.load_pem_public_key(first.encode()).key_size == 2048


def test_the_claimed_key_signs_for_the_request_and_the_claim(cloud):
    request = keys.make_request(keys.make_key())
    public = serialization.load_pem_public_key(public_key(cloud).encode())
    proof = base64.b64decode(prove_adoption(cloud, "id", request))
    der = x509.load_pem_x509_csr(request.encode()).public_bytes(serialization.Encoding.DER)

    public.verify(
        proof, b"muster-adopt-v1\0id\0" + der, padding.PKCS1v15(), hashes.SHA256()
    )  # raises when it is not so


@pytest.mark.parametrize("text", ["garbage", "", None])
def test_a_private_file_that_is_no_rsa_key_is_code_2(tmp_path, text):
    cloud = CloudFolder(tmp_path)
    cloud.make()
    cloud.private.write_text(keys.make_key().reveal() if text is None else text)
    with pytest.raises(ClaimFailed, match=r"private\.pem") as caught:
        public_key(cloud)

    assert caught.value.exit_code == 2
