"""ID tokens are taken when all of them holds, and refused each for its own reason."""

import hmac
import json

import jwt
import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st

from muster.clock import SECOND_NS, ManualClock
from muster.core.people.idtoken import (
    ALGORITHMS,
    MAX_AGE_S,
    MAX_TOKEN,
    SKEW_S,
    Expected,
    OidcRefused,
    fitting,
    verify,
)
from tests.core.authenticator import encode
from tests.core.provider import CLIENT, ISSUER, FakeProvider, public_jwk

NONCE = "n" * 43


@pytest.fixture
def provider():
    return FakeProvider(ManualClock())


def keys(provider):
    return [public_jwk(key, name) for name, key in provider.keys.items()]


def checked(provider, token=None, known=None, **expected):
    token = provider.sign(provider.said(NONCE)) if token is None else token
    values = {
        "issuer": ISSUER, "client": CLIENT, "nonce": NONCE, "now_ns": provider.clock.now_ns()
    }  # fmt: skip
    return verify(token, known or keys(provider), Expected(**{**values, **expected}))


def reason(provider, *given, **expected):
    with pytest.raises(OidcRefused) as refused:
        checked(provider, *given, **expected)
    return refused.value.reason


def test_a_good_token_says_who_it_is(provider):
    assert checked(provider)["sub"] == provider.claims["sub"]


@pytest.mark.parametrize(
    ("wrong", "expected"),
    [
        ({"iss": "https://evil.example"}, "issuer"),
        ({"iss": ISSUER + "/"}, "issuer"),
        ({"iss": None}, "issuer"),
        ({"aud": "another"}, "audience"),
        ({"aud": ["another"]}, "audience"),
        ({"aud": None}, "audience"),
        ({"aud": [CLIENT, "another"]}, "azp"),
        ({"aud": [CLIENT, "another"], "azp": "another"}, "azp"),
        ({"azp": "another"}, "azp"),
        ({"sub": None}, "subject"),
        ({"sub": ""}, "subject"),
        ({"sub": "x" * 256}, "subject"),
        ({"nonce": "another"}, "nonce"),
        ({"nonce": None}, "nonce"),
        ({"exp": None}, "malformed"),
        ({"iat": None}, "malformed"),
        ({"exp": "soon"}, "malformed"),
        ({"iat": True}, "malformed"),
    ],
)
def test_a_wrong_claim_is_refused_for_its_own_reason(provider, wrong, expected):
    provider.wrong = wrong

    assert reason(provider) == expected


def test_a_token_for_several_programs_names_us_as_the_one(provider):
    provider.wrong = {"aud": [CLIENT, "another"], "azp": CLIENT}

    assert checked(provider)["azp"] == CLIENT


@pytest.mark.parametrize(
    ("name", "off_s", "expected"),
    [
        ("exp", -SKEW_S, "expired"),
        ("exp", 1 - SKEW_S, ""),
        ("iat", SKEW_S + 1, "early"),
        ("iat", SKEW_S, ""),
        ("nbf", SKEW_S + 1, "early"),
        ("iat", -MAX_AGE_S - SKEW_S - 1, "old"),
        ("iat", -MAX_AGE_S, ""),
    ],
)
def test_times_hold_within_a_minute_of_our_own_clock(provider, name, off_s, expected):
    provider.wrong = {name: provider.clock.now_ns() // SECOND_NS + off_s}
    try:
        checked(provider)
        found = ""
    except OidcRefused as error:
        found = error.reason

    assert found == expected


def test_a_token_without_a_signature_is_refused(provider):
    token = jwt.encode(provider.said(NONCE), None, algorithm="none")

    assert reason(provider, token) == "algorithm"


def test_a_public_key_is_no_secret_to_sign_by(provider):
    """The old confusion: HMAC with what the provider publishes."""
    known = keys(provider)[0]
    pem = (
        provider.keys["one"]
        .public_key()
        .public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    )
    for secret in (pem, json.dumps(known).encode()):
        for algorithm in ("HS256", "HS384", "HS512"):
            head = encode(json.dumps({"alg": algorithm, "kid": "one"}).encode())
            signed = f"{head}.{encode(json.dumps(provider.said(NONCE)).encode())}"
            made = hmac.digest(secret, signed.encode(), f"sha{algorithm[2:]}")
            assert reason(provider, f"{signed}.{encode(made)}") == "algorithm"


def test_a_symmetric_key_among_the_published_ones_is_never_used(provider):
    oct_ = {"kty": "oct", "k": "c2VjcmV0", "kid": "one"}

    assert all(not fitting([oct_], algorithm, "one") for algorithm in ALGORITHMS)


def test_a_signature_by_another_key_is_refused(provider):
    token = jwt.encode(
        provider.said(NONCE), ec.generate_private_key(ec.SECP256R1()), "ES256", {"kid": "one"}
    )

    assert reason(provider, token) == "signature"


def test_a_changed_token_is_refused(provider):
    head, _, signature = provider.sign(provider.said(NONCE)).split(".")
    provider.wrong = {"sub": "somebody else"}
    _, body, _ = provider.sign(provider.said(NONCE)).split(".")

    assert reason(provider, f"{head}.{body}.{signature}") == "signature"


def test_keys_that_do_not_fit_are_not_tried(provider):
    key = keys(provider)[0]
    for other in ({"kid": "two"}, {"use": "enc"}, {"alg": "RS256"}, {"kty": "RSA"}):
        assert reason(provider, None, [{**key, **other}]) == "key"
    assert reason(provider, provider.sign(provider.said(NONCE), kid="two")) == "key"


def test_a_broken_key_beside_the_good_one_is_passed_over(provider):
    good = keys(provider)[0]

    assert checked(provider, None, [{**good, "x": "AA"}, {**good, "crv": "P-384"}, good])["sub"]


@pytest.mark.parametrize("algorithm", ["RS256", "PS512", "EdDSA"])
def test_the_usual_algorithms_are_taken(provider, algorithm):
    key = (
        ed25519.Ed25519PrivateKey.generate()
        if algorithm == "EdDSA"
        else rsa.generate_private_key(public_exponent=65537, key_size=2048)
    )
    public = (
        jwt.algorithms.OKPAlgorithm.to_jwk(key.public_key(), as_dict=True)
        if algorithm == "EdDSA"
        else public_jwk(key, "one")
    )
    token = jwt.encode(provider.said(NONCE), key, algorithm, {"kid": "one"})

    assert checked(provider, token, [{**public, "kid": "one"}])["aud"] == CLIENT


def test_a_key_that_is_too_short_is_refused(provider):
    key = rsa.generate_private_key(public_exponent=65537, key_size=1024)
    with pytest.warns(jwt.warnings.InsecureKeyLengthWarning):
        token = jwt.encode(provider.said(NONCE), key, "RS256", {"kid": "one"})

    assert reason(provider, token, [public_jwk(key, "one")]) == "signature"


@given(st.text(max_size=60) | st.binary(max_size=60).map(lambda data: data.decode("latin-1")))
def test_text_that_is_no_token_is_refused(text):
    provider = FakeProvider(ManualClock())
    for token in (text, f"{text}.{text}.{text}"):
        assert reason(provider, token, [{"kty": "EC"}]) in ("malformed", "algorithm", "key")


def test_a_token_without_end_is_refused_unread(provider):
    assert reason(provider, "a" * (MAX_TOKEN + 1)) == "malformed"


def test_no_refusal_quotes_the_token(provider):
    token = provider.sign(provider.said(NONCE))
    with pytest.raises(OidcRefused) as refused:
        checked(provider, token, nonce="other")

    assert msgspec.json.encode(str(refused.value)).decode().find(token[:20]) == -1
