"""Evidence: what holds is verified, what is false takes all away, the rest is only said."""

import base64
import hashlib
import json
import shutil
import subprocess
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from hypothesis import given
from hypothesis import strategies as st

from muster.core.enrolment.evidence import (
    NAMESPACE,
    Evidences,
    TrustedKeys,
    marks_of,
    names_of,
    score_of,
    to_keep,
)
from muster.errors import InputError
from muster.model.evidence import CloudDocument, Evidence, SshHostKey

REQUEST = "-----BEGIN CERTIFICATE REQUEST-----"
DIGEST = hashlib.sha256(REQUEST.encode()).hexdigest()
NOW_NS = 1_800_000_000 * 10**9
KEYGEN = shutil.which("ssh-keygen")
needs_keygen = pytest.mark.skipif(KEYGEN is None, reason="ssh-keygen is not installed")
CLOUD_KEY = rsa.generate_private_key(65537, 2048)


def weigh(evidence, **trusted):
    return Evidences(TrustedKeys(**trusted)).weigh(evidence, REQUEST, NOW_NS)


def host_key(folder, digest=DIGEST):
    file = folder / "key"
    subprocess.run([KEYGEN, "-q", "-t", "ed25519", "-N", "", "-f", file], check=True)
    signature = subprocess.run(
        [KEYGEN, "-q", "-Y", "sign", "-n", NAMESPACE, "-f", file],
        input=digest.encode(),
        capture_output=True,
        check=True,
    ).stdout.decode()
    key = " ".join((folder / "key.pub").read_text().split()[:2])
    return SshHostKey(key=key, signature=signature)


def test_nothing_shown_is_worth_nothing():
    assert weigh(Evidence()) == ()
    assert score_of(()) == 0


def test_what_a_machine_says_is_not_verified():
    reasons = weigh(Evidence(machine_id="a", dmi="b", macs=("c", "d")))

    assert names_of(reasons) == {"machine_id", "dmi", "macs"}
    assert score_of(reasons) == 15
    assert not any(reason.verified for reason in reasons)


@needs_keygen
def test_a_host_key_that_signed_this_request_is_verified_and_known_if_listed(tmp_path):
    shown = host_key(tmp_path)
    unknown = weigh(Evidence(ssh=(shown,)))
    known = weigh(Evidence(ssh=(shown,)), known_hosts=f"# ours\nweb-01,10.0.0.1 {shown.key}\n")

    assert names_of(unknown) == {"ssh"}
    assert names_of(known) == {"ssh", "ssh_known"}
    assert "web-01" in known[0].text
    assert score_of(known) > score_of(unknown) > 0


@needs_keygen
def test_a_host_key_of_another_request_is_false_and_takes_all_away(tmp_path):
    shown = host_key(tmp_path, hashlib.sha256(b"another").hexdigest())
    reasons = weigh(Evidence(dmi="b", ssh=(shown,)), known_hosts=f"web {shown.key}")

    assert score_of(reasons) == 0
    assert "ssh" not in names_of(reasons)
    assert [mark.kind for mark in marks_of(Evidence(ssh=(shown,)), reasons)] == []


@needs_keygen
def test_a_machine_is_known_again_by_its_verified_host_key(tmp_path):
    evidence = Evidence(ssh=(host_key(tmp_path),), macs=("c",))

    assert {mark.kind for mark in marks_of(evidence, weigh(evidence))} == {"ssh", "mac"}


def aws_certificate(key=CLOUD_KEY):
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "aws")])
    begin = datetime(2020, 1, 1, tzinfo=UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(begin)
        .not_valid_after(begin + timedelta(days=30_000))
        .sign(key, hashes.SHA256())
    )
    return certificate.public_bytes(serialization.Encoding.PEM).decode()


def sign(message, key=CLOUD_KEY):
    return key.sign(message, padding.PKCS1v15(), hashes.SHA256())


def aws(document, key=CLOUD_KEY):
    text = json.dumps(document)
    signature = base64.b64encode(sign(text.encode(), key)).decode()
    return CloudDocument(provider="aws", document=text, signature=signature)


def test_a_document_of_aws_is_verified_by_its_certificate():
    shown = aws({"accountId": "123", "region": "eu", "instanceId": "i-1"})
    evidence = Evidence(cloud=(shown,))
    reasons = weigh(evidence, aws_certificates=aws_certificate())

    assert names_of(reasons) == {"cloud", "cloud:aws"}
    assert "123, eu, i-1" in reasons[0].text
    assert names_of(weigh(evidence)) == frozenset()


def test_a_document_of_aws_signed_by_another_is_false():
    other = rsa.generate_private_key(65537, 2048)
    reasons = weigh(
        Evidence(cloud=(aws({"accountId": "1"}, other),)), aws_certificates=aws_certificate()
    )

    assert reasons[0].name == "cloud_false"
    assert score_of(reasons) == 0


def encode(raw):
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def number(value):
    return encode(value.to_bytes((value.bit_length() + 7) // 8, "big"))


JWKS = json.dumps(
    {
        "keys": [
            {
                "kty": "RSA",
                "kid": "k1",
                "n": number(CLOUD_KEY.public_key().public_numbers().n),
                "e": number(65537),
            }
        ]
    }
)


def gcp(head=None, key=CLOUD_KEY, **said):
    head = {"alg": "RS256", "kid": "k1"} | (head or {})
    claims = {
        "aud": f"{NAMESPACE}:{DIGEST}",
        "iss": "https://accounts.google.com",
        "exp": NOW_NS // 10**9 + 60,
        "google": {"compute_engine": {"project_id": "p", "zone": "z", "instance_name": "vm"}},
    } | said
    body = f"{encode(json.dumps(head).encode())}.{encode(json.dumps(claims).encode())}"
    jwt = f"{body}.{encode(sign(body.encode(), key))}"
    return Evidence(cloud=(CloudDocument(provider="gcp", document=jwt),))


def test_a_token_of_google_for_this_request_is_verified():
    reasons = weigh(gcp(), gcp_keys=JWKS)

    assert names_of(reasons) == {"cloud", "cloud:gcp"}
    assert "p, z, vm" in reasons[0].text


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"aud": "muster-claim:other"}, "another request"),
        ({"iss": "https://evil.example"}, "another issuer"),
        ({"exp": 1}, "expired"),
        ({"exp": "soon"}, "expired"),
        ({"head": {"alg": "none"}}, "not RS256"),
        ({"head": {"alg": "HS256"}}, "not RS256"),
        ({"head": {"kid": "k2"}}, "does not hold"),
        ({"key": rsa.generate_private_key(65537, 2048)}, "does not hold"),
    ],
)
def test_a_token_of_google_that_does_not_fit_is_false(given, told):
    (reason,) = weigh(gcp(**given), gcp_keys=JWKS)

    assert reason.name == "cloud_false"
    assert told in reason.text


def test_a_cloud_that_cannot_be_checked_is_shown_and_not_verified():
    shown = CloudDocument(provider="azure", document="MII")
    (reason,) = weigh(Evidence(cloud=(shown,)))

    assert "not verified" in reason.text
    assert names_of((reason,)) == frozenset()
    assert score_of((reason,)) == 0


@given(st.sampled_from(["aws", "gcp", "azure", ""]), st.text(max_size=300), st.text(max_size=300))
def test_no_document_verifies_by_chance_or_breaks_anything(provider, document, signature):
    shown = CloudDocument(provider=provider, document=document, signature=signature)
    ssh = SshHostKey(key=document, signature=signature)
    reasons = TRUSTING.weigh(Evidence(cloud=(shown,), ssh=(ssh,)), REQUEST, NOW_NS)

    assert not any(reason.verified for reason in reasons)


TRUSTING = Evidences(TrustedKeys(aws_certificates=aws_certificate(), gcp_keys=JWKS))


@pytest.mark.parametrize(
    "trusted",
    [
        {"aws_certificates": "nonsense"},
        {"gcp_keys": "nonsense"},
        {"gcp_keys": "{}"},
        {"gcp_keys": '{"keys": [{"kty": "RSA", "kid": "k"}]}'},
    ],
)
def test_keys_of_no_use_are_named(trusted):
    with pytest.raises(InputError, match=r"AWS|Google"):
        Evidences(TrustedKeys(**trusted))


def test_what_would_prove_something_elsewhere_is_not_kept():
    azure = CloudDocument(provider="azure", document="pkcs7")
    google = gcp().cloud[0]
    for shown in (aws({"accountId": "1"}), google, azure):
        (kept,) = to_keep(Evidence(cloud=(shown,), dmi="d")).cloud

        assert kept.signature == ""
        assert kept.provider == shown.provider
        assert kept.document in ("", shown.document, shown.document.rpartition(".")[0])
    assert google.document.count(".") == 2
    assert to_keep(gcp()).cloud[0].document.count(".") == 1
