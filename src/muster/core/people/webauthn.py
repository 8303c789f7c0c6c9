"""What passkeys say and sign, checked: the one place that knows the WebAuthn library.

Pure: challenge in, verdict out. Attestation is not asked for: which maker's key it is decides
nothing here. The library is read at the first passkey: a tenth of what a hub reads to start.
Source: W3C Web Authentication Level 3, sections 7.1 and 7.2.
"""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from muster.errors import Denied, InputError
from muster.model.address import literal_of
from muster.model.signin import Passkey

if TYPE_CHECKING:
    from webauthn.helpers.cose import COSEAlgorithmIdentifier
    from webauthn.helpers.structs import PublicKeyCredentialDescriptor

T = TypeVar("T")
MAX_CREDENTIAL_ID = 1023  # bytes; the specification's own limit
_TIMEOUT_MS = 120_000


class PasskeyRefused(Denied):
    """What the authenticator said does not hold."""

    code = "passkey_refused"


class Site(msgspec.Struct, frozen=True):
    """The hub as a browser sees it."""

    domain: str  # its host name
    origin: str  # https://name:port


class NewCredential(msgspec.Struct, frozen=True, kw_only=True):
    """A credential an authenticator has just made."""

    id: str
    public_key: bytes
    sign_count: int
    synced: bool


def check_site(site: Site) -> Site:
    """The site, when passkeys can be made for it. Errors: InputError that says what to do."""
    if literal_of(site.domain):
        raise InputError(
            f"passkeys are bound to a host name, and the hub was opened as {site.domain};"
            " open it by a name (listen.names), or as localhost on its own machine"
        )
    return site


def creation_options(
    site: Site,
    challenge: bytes,
    *,
    hub: str,
    user: str,
    name: str,
    known: Iterable[Passkey] = (),
) -> dict[str, Any]:
    """What `navigator.credentials.create` is called with, as JSON; `user` is an id."""
    import webauthn
    from webauthn.helpers import options_to_json_dict
    from webauthn.helpers import structs as said

    options = webauthn.generate_registration_options(
        rp_id=site.domain,
        rp_name=hub,
        user_id=user.encode(),
        user_name=name,
        challenge=challenge,
        timeout=_TIMEOUT_MS,
        authenticator_selection=said.AuthenticatorSelectionCriteria(
            resident_key=said.ResidentKeyRequirement.PREFERRED,
            user_verification=said.UserVerificationRequirement.PREFERRED,
        ),
        exclude_credentials=_descriptors(known, site),
        supported_pub_key_algs=_algorithms(),
    )
    return options_to_json_dict(options)


def request_options(
    site: Site, challenge: bytes, *, allowed: Iterable[Passkey] = (), verify: bool
) -> dict[str, Any]:
    """What `navigator.credentials.get` is called with; none allowed: any of the site."""
    import webauthn
    from webauthn.helpers import options_to_json_dict
    from webauthn.helpers import structs as said

    wanted = said.UserVerificationRequirement
    options = webauthn.generate_authentication_options(
        rp_id=site.domain,
        challenge=challenge,
        timeout=_TIMEOUT_MS,
        allow_credentials=_descriptors(allowed, site),
        user_verification=wanted.REQUIRED if verify else wanted.PREFERRED,
    )
    return options_to_json_dict(options)


def check_creation(site: Site, challenge: bytes, credential: dict[str, Any]) -> NewCredential:
    """A new credential. Errors: PasskeyRefused."""
    import webauthn
    from webauthn.helpers import bytes_to_base64url
    from webauthn.helpers.structs import CredentialDeviceType

    made = _checked(
        lambda: webauthn.verify_registration_response(
            credential=credential,
            expected_challenge=challenge,
            expected_rp_id=site.domain,
            expected_origin=site.origin,
            supported_pub_key_algs=_algorithms(),
        )
    )
    if len(made.credential_id) > MAX_CREDENTIAL_ID:
        raise PasskeyRefused("passkey refused: its id is too long")
    return NewCredential(
        id=bytes_to_base64url(made.credential_id),
        public_key=made.credential_public_key,
        sign_count=made.sign_count,
        synced=made.credential_device_type is CredentialDeviceType.MULTI_DEVICE,
    )


def check_assertion(
    site: Site, challenge: bytes, credential: dict[str, Any], passkey: Passkey, *, verify: bool
) -> int:
    """The count of a use of a passkey, for the caller to compare. Errors: PasskeyRefused.

    `verify`: its person must have been recognised (PIN, finger, face), not be there alone.
    """
    import webauthn

    if passkey.domain != site.domain:
        raise PasskeyRefused("passkey refused: it is for another host name")
    used = _checked(
        lambda: webauthn.verify_authentication_response(
            credential=credential,
            expected_challenge=challenge,
            expected_rp_id=site.domain,
            expected_origin=site.origin,
            credential_public_key=passkey.public_key,
            credential_current_sign_count=0,
            require_user_verification=verify,
        )
    )
    return used.new_sign_count


def id_in(credential: dict[str, Any]) -> str:
    """The id a credential claims; empty for what has none."""
    id = credential.get("id")
    return id if isinstance(id, str) and len(id) <= 4 * MAX_CREDENTIAL_ID else ""


def user_in(credential: dict[str, Any]) -> str:
    """The user a discovered credential names; empty for none."""
    from webauthn.helpers import base64url_to_bytes

    response = credential.get("response")
    handle = response.get("userHandle") if isinstance(response, dict) else None
    if not isinstance(handle, str) or len(handle) > 100:
        return ""
    try:
        return base64url_to_bytes(handle).decode()
    except ValueError:
        return ""


def _algorithms() -> "list[COSEAlgorithmIdentifier]":
    from webauthn.helpers.cose import COSEAlgorithmIdentifier as Algorithm

    return [Algorithm.ECDSA_SHA_256, Algorithm.EDDSA, Algorithm.RSASSA_PKCS1_v1_5_SHA_256]


def _descriptors(passkeys: Iterable[Passkey], site: Site) -> "list[PublicKeyCredentialDescriptor]":
    from webauthn.helpers import base64url_to_bytes
    from webauthn.helpers.structs import PublicKeyCredentialDescriptor

    return [
        PublicKeyCredentialDescriptor(id=base64url_to_bytes(each.id))
        for each in passkeys
        if each.domain == site.domain
    ]


def _checked(verify: Callable[[], T]) -> T:
    """The library's verdict as ours. What it stumbles over in foreign bytes is a refusal too."""
    from webauthn.helpers.exceptions import WebAuthnException

    try:
        return verify()
    except WebAuthnException as error:
        raise PasskeyRefused(f"passkey refused: {str(error)[:200]}") from error
    except (ValueError, TypeError, LookupError, AttributeError, OverflowError) as error:
        raise PasskeyRefused("passkey refused: malformed") from error
