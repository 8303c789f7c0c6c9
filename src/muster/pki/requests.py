"""Certificate requests that carry names: what other CAs than ours ask for.

Source: RFC 2986; RFC 8555 section 7.4 (names go into the extension, no common name is due).
"""

from collections.abc import Sequence

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization

from muster.log import Secret
from muster.pki.keys import load_key
from muster.pki.names import general_names


def make_named_request(key: Secret, names: Sequence[str]) -> bytes:
    """A request (DER) for host names and addresses. Errors: InputError."""
    builder = (
        x509.CertificateSigningRequestBuilder()
        .subject_name(x509.Name([]))
        .add_extension(x509.SubjectAlternativeName(general_names(names)), critical=False)
    )
    return builder.sign(load_key(key), hashes.SHA256()).public_bytes(serialization.Encoding.DER)
