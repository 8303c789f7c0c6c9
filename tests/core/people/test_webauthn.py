"""What an authenticator says is taken when it is right to the letter, and refused else."""

import os

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from webauthn.helpers import bytes_to_base64url

from muster.core.people import webauthn
from muster.core.people.webauthn import PasskeyRefused, Site, check_site
from muster.errors import InputError
from muster.model.signin import Passkey
from tests.core.authenticator import PRESENT, Authenticator

SITE = Site("hub.example", "https://hub.example:7443")
CHALLENGE = bytes(32)


def created(device, **wrong):
    options = webauthn.creation_options(SITE, CHALLENGE, hub="hub", user="u1", name="ada")
    return webauthn.check_creation(SITE, CHALLENGE, device.create(options, **wrong))


def passkey(device):
    made = created(device)
    return Passkey(
        id=made.id,
        user="u1",
        name="key",
        domain=SITE.domain,
        public_key=made.public_key,
        sign_count=made.sign_count,
        created_ns=1,
    )


def used(device, known, *, verify=False, **wrong):
    options = webauthn.request_options(SITE, CHALLENGE, allowed=[known], verify=verify)
    credential = device.get(options, **wrong)
    return webauthn.check_assertion(SITE, CHALLENGE, credential, known, verify=verify)


def test_a_passkey_is_made_and_used():
    device = Authenticator()
    known = passkey(device)

    assert known.sign_count == 1
    assert used(device, known, verify=True) == 2


@pytest.mark.parametrize(
    "wrong",
    [
        {"type": "webauthn.get"},
        {"challenge": "AAAA"},
        {"origin": "https://hub.example.evil:7443"},
        {"origin": "http://hub.example:7443"},
        {"domain": "evil.example"},
        {"flags": 0x40},
    ],
)
def test_a_wrong_creation_is_refused(wrong):
    with pytest.raises(PasskeyRefused):
        created(Authenticator(), **wrong)


@pytest.mark.parametrize(
    "wrong",
    [
        {"type": "webauthn.create"},
        {"challenge": "AAAA"},
        {"origin": "https://hub.example"},
        {"domain": "example"},
        {"flags": 0},
        {"signature": bytes(70)},
    ],
)
def test_a_wrong_use_is_refused(wrong):
    device = Authenticator()
    known = passkey(device)

    with pytest.raises(PasskeyRefused):
        used(device, known, **wrong)


def test_presence_alone_is_not_enough_where_a_person_must_be_recognised():
    device = Authenticator()
    known = passkey(device)

    with pytest.raises(PasskeyRefused):
        used(device, known, verify=True, flags=PRESENT)


def test_a_passkey_of_another_name_or_another_key_is_refused():
    device, other = Authenticator(), Authenticator()
    known = passkey(device)
    with pytest.raises(PasskeyRefused):
        used(device, msgspec.structs.replace(known, domain="other.example"))

    other.id = device.id
    with pytest.raises(PasskeyRefused):
        used(other, known)


def test_only_passkeys_of_the_site_are_asked_for():
    here = passkey(Authenticator())
    there = msgspec.structs.replace(passkey(Authenticator()), domain="other.example")
    options = webauthn.request_options(SITE, CHALLENGE, allowed=[here, there], verify=False)

    assert [each["id"] for each in options["allowCredentials"]] == [here.id]


@pytest.mark.parametrize("domain", ["10.0.0.1", "fd00::1"])
def test_an_address_is_no_site_for_passkeys_and_it_says_what_is(domain):
    with pytest.raises(InputError, match="open it by a name"):
        check_site(Site(domain, f"https://{domain}"))
    assert check_site(SITE) == SITE


def test_the_user_is_read_from_what_names_one():
    device = Authenticator()
    known = passkey(device)
    options = webauthn.request_options(SITE, os.urandom(32), verify=True)

    assert webauthn.user_in(device.get(options)) == known.user
    for other in ({}, {"response": 1}, {"response": {"userHandle": "%"}}, {"response": {}}):
        assert webauthn.user_in(other) == ""
    assert webauthn.id_in({"id": 5}) == webauthn.id_in({"id": "x" * 10_000}) == ""


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(max_size=20)
    | st.binary(max_size=40).map(lambda data: bytes_to_base64url(data)),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3)
    ),
    max_leaves=8,
)
MAKER = Authenticator()
KNOWN = passkey(MAKER)
GOOD = MAKER.create(webauthn.creation_options(SITE, CHALLENGE, hub="hub", user="u1", name="ada"))
USED = MAKER.get(webauthn.request_options(SITE, CHALLENGE, verify=False))


@given(
    st.sampled_from(
        [
            "id",
            "rawId",
            "type",
            "clientDataJSON",
            "attestationObject",
            "authenticatorData",
            "signature",
            "userHandle",
        ]
    ),
    JSON,
    st.booleans(),
)
def test_whatever_arrives_is_taken_or_refused(place, value, creation):
    credential = msgspec.json.decode(msgspec.json.encode(GOOD if creation else USED))
    (credential["response"] if place in credential["response"] else credential)[place] = value
    webauthn.id_in(credential)
    webauthn.user_in(credential)
    try:
        if creation:
            webauthn.check_creation(SITE, CHALLENGE, credential)
        else:
            webauthn.check_assertion(SITE, CHALLENGE, credential, KNOWN, verify=False)
    except PasskeyRefused as error:
        assert len(str(error)) < 300
