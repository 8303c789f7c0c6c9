"""Joining a hub by hand: a request that is carried to it, and the answer that comes back.

The key is made here and waits in `request.pending` beside what was signed with it; until it is
answered or ends, the same request is given again. Nothing here opens a connection.

Steps of taking in an answer: 1 whole, as its checksum says  2 it answers the request that
waits  3 its issuer stands under a root that it brings, and has signed all of it
4 the root is the one that is expected  5 in time  6 check the certificate and put it in force.
"""

import contextlib
import shutil
from collections.abc import Callable
from pathlib import Path

import msgspec
from cryptography import x509

from muster.agent.joining.credential import (
    Certified,
    UnfitCertificate,
    drop_pending,
    pending_key,
    put_in_force,
)
from muster.agent.joining.identity import (
    Identity,
    NodeFile,
    is_claimed,
    load_identity,
    refused,
)
from muster.agent.joining.revoked import forget_revocation, require_not_revoked
from muster.clock import SECOND_NS, Clock
from muster.errors import Conflict, InputError
from muster.files import sync, write_new
from muster.log import Secret
from muster.model.evidence import Evidence
from muster.model.inventory import Facts
from muster.pki import keys
from muster.pki.possession import answer_message, holds_key, prove_possession
from muster.pki.trust import issued_by
from muster.wire import armour
from muster.wire.airgap import (
    MAX_PINS,
    GapAnswer,
    GapRequest,
    SignedGapAnswer,
    SignedGapRequest,
    digest_of,
    format_text,
    message_of,
    read_json,
)

WHAT = "request"
_FILE = "request.json"
_MAX_LIFE_S = 90 * 86_400
_MIN_LIFE_S = 60
_AHEAD_S = 3_600
_HEX = frozenset("0123456789abcdef")


class OtherRequest(Conflict):
    """The answer is to a request that does not wait here."""

    code = "other_request"


class ResponseExpired(InputError):
    code = "response_expired"


class BadResponse(InputError):
    """Whole, and not signed as it should be."""

    code = "bad_response"


class WrongRoot(InputError):
    """The answer is another hub's."""

    code = "wrong_pin"


class FingerprintUnknown(InputError):
    """Nobody said which hub is the right one."""

    code = "fingerprint_unknown"


class ClockBehind(InputError):
    code = "clock_wrong"


class AlreadyClaimed(Conflict):
    code = "already_claimed"


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """A request that waits: `signed` and its proofs, as they are carried."""

    document: SignedGapRequest

    @property
    def request(self) -> GapRequest:
        return read_json(self.document.signed, GapRequest, "request that waits")

    def bytes(self) -> bytes:
        return msgspec.json.encode(self.document)


def parse_pin(text: str) -> str:
    """A root's fingerprint, with or without colons and blanks. Errors: InputError."""
    plain = "".join(mark for mark in text.lower() if mark not in ": \t\n")
    if len(plain) != 64 or set(plain) - _HEX:
        raise InputError(f"a fingerprint is 64 hexadecimal digits, not {text[:80]!r}")
    return plain


def format_pin(pin: str) -> str:
    """For people to compare: groups of four digits."""
    return " ".join(pin[at : at + 4] for at in range(0, len(pin), 4))


def make_request(
    data: Path,
    *,
    clock: Clock,
    facts: Facts,
    evidence: Callable[[str, str], Evidence],
    life_s: int,
    pins: tuple[str, ...] = (),
    renew: bool = False,
    anew: bool = False,
    force_new: bool = False,
) -> Asked:
    """The request of this machine: the one that waits, or a new one with a new key.

    `evidence` is gathered for a hub's id ("" when it is not known) and a certificate request.
    The caller holds the folder, but to renew. Errors: AlreadyClaimed, NotClaimed, WasRevoked;
    InputError; of the disk.
    """
    if not _MIN_LIFE_S <= life_s <= _MAX_LIFE_S:
        raise InputError(f"a request lives {_MIN_LIFE_S} s to {_MAX_LIFE_S // 86_400} days")
    if len(pins) > MAX_PINS:
        raise InputError(f"up to {MAX_PINS} fingerprints, not {len(pins)}")
    old = load_identity(data) if renew else None
    if old is None:
        if is_claimed(data):
            raise AlreadyClaimed(
                f"{data} is claimed already: --renew asks for a new certificate, muster agent"
                " unclaim frees it"
            )
        if not force_new:
            require_not_revoked(data)
    reference = f"renew {old.node.serial}" if old else "join"
    waiting = None if anew else _waiting(data)
    if waiting and _fits(waiting.request, old, pins, clock.now_ns()):
        return waiting
    if anew or waiting:
        drop_pending(data, WHAT)
    key = pending_key(data, WHAT, reference)
    draft = _draft(key, old, facts, pins, clock.now_ns(), life_s)
    hub = old.node.hub if old else ""
    request = msgspec.structs.replace(draft, evidence=evidence(hub, draft.csr))
    asked = Asked(document=_signed(request, key, old))
    _keep(data, asked)
    return asked


def take_answer(
    data: Path,
    text: str,
    *,
    clock: Clock,
    trusted: str = "",
    confirm: Callable[[str], bool] | None = None,
) -> NodeFile:
    """Put in force what a hub answered. `trusted` is a fingerprint; else `confirm` is asked.

    The caller holds the folder, but to renew. Errors: BadArmour, OtherArmour; OtherRequest,
    BadResponse, WrongRoot, FingerprintUnknown, ResponseExpired, ClockBehind,
    UnfitCertificate; of the disk. The folder is then as before.
    """
    # 1
    document = armour.parse_armour(armour.Kind.RESPONSE, text)
    signed = read_json(document, SignedGapAnswer, "response")
    answer = read_json(signed.signed, GapAnswer, "response")
    # 2
    asked = _require_asked(data, answer)
    old = load_identity(data) if asked.request.node else None
    # 3
    root = _require_signed(answer, signed)
    # 4
    _require_root(root, _expected(asked.request, old, trusted), confirm)
    # 5
    _require_in_time(answer, clock.now_ns())
    # 6
    key = _text(data / f"{WHAT}.pending" / "key.pem")
    if key is None:
        raise OtherRequest("the key of the request that waits is gone; make a new request")
    identity = _install(data, Secret(key), answer, old, clock)
    drop_pending(data, WHAT)
    forget_revocation(data)
    return identity.node


def is_to_renew(data: Path) -> bool:
    """Whether the request that waits is for a node that is in already."""
    waiting = _waiting(data)
    return waiting is not None and bool(waiting.request.node)


def _draft(
    key: Secret, old: Identity | None, facts: Facts, pins: tuple[str, ...], now_ns: int, life_s: int
) -> GapRequest:
    return GapRequest(
        csr=keys.make_request(key),
        created_ns=now_ns,
        expires_ns=now_ns + life_s * SECOND_NS,
        facts=facts,
        pins=pins,
        hub=old.node.hub if old else "",
        node=old.node.node if old else "",
        serial=old.node.serial if old else "",
    )


def _signed(request: GapRequest, key: Secret, old: Identity | None) -> SignedGapRequest:
    text = format_text(request)
    message = message_of(text)
    proof = prove_possession(key, message)
    if old is None:
        return SignedGapRequest(signed=text, proof=proof)
    old_key = Secret(old.key.read_text(encoding="ascii"))
    return SignedGapRequest(
        signed=text,
        proof=proof,
        old_proof=prove_possession(old_key, message),
        chain=keys.format_chain(keys.load_chain(old.chain.read_text(encoding="ascii"))[0]),
    )


def _fits(request: GapRequest, old: Identity | None, pins: tuple[str, ...], now_ns: int) -> bool:
    """Whether what waits is what is asked for now, and good for a while."""
    serial = old.node.serial if old else ""
    return request.serial == serial and request.pins == pins and request.expires_ns > now_ns


def _keep(data: Path, asked: Asked) -> None:
    file = data / f"{WHAT}.pending" / _FILE
    try:
        file.unlink(missing_ok=True)
        write_new(file, asked.bytes())
        sync(file.parent)
    except OSError as error:
        raise refused(error) from error


def _waiting(data: Path) -> Asked | None:
    """What waits; None when nothing, or nothing that can be read: then it is made anew."""
    text = _text(data / f"{WHAT}.pending" / _FILE)
    if text is None:
        return None
    with contextlib.suppress(InputError):
        asked = Asked(document=read_json(text, SignedGapRequest, "request that waits"))
        if asked.request.csr:
            return asked
    shutil.rmtree(data / f"{WHAT}.pending", ignore_errors=True)
    return None


def _require_asked(data: Path, answer: GapAnswer) -> Asked:
    asked = _waiting(data)
    if asked is None:
        raise OtherRequest(
            "no request waits here: this response was taken in before, or is another machine's"
        )
    if digest_of(asked.document.signed) != answer.request_sha256:
        raise OtherRequest(
            "this response answers another request than the one that waits here: an older one,"
            " or another machine's"
        )
    return asked


def _require_signed(answer: GapAnswer, signed: SignedGapAnswer) -> x509.Certificate:
    """The root that stands behind an answer's issuer, which has signed all of it."""
    chain = keys.load_chain(answer.chain)
    if len(chain) < 2 or not issued_by(keys.to_der(chain[0]), chain[1:2]):
        raise UnfitCertificate("the response's certificate is not of its issuer")
    anchors = keys.load_chain(answer.anchors)
    issuer = keys.to_der(chain[1])
    root = next((each for each in anchors if issued_by(issuer, [each])), None)
    if root is None:
        raise UnfitCertificate("the response's issuer stands under none of its roots")
    if not holds_key(chain[1], answer_message(signed.signed), signed.proof):
        raise BadResponse("the response is not signed by the hub that it names: it was altered")
    return root


def _expected(request: GapRequest, old: Identity | None, trusted: str) -> frozenset[str]:
    """Fingerprints of the roots that an answer may come of; none: somebody has to say."""
    if trusted:
        return frozenset((trusted,))
    if request.pins:
        return frozenset(request.pins)
    if old is not None:
        return frozenset(view.key_sha256 for view in keys.views(old.anchors()))
    return frozenset()


def _require_root(
    root: x509.Certificate, expected: frozenset[str], confirm: Callable[[str], bool] | None
) -> None:
    pin = keys.key_sha256(root.public_key())
    if expected:
        if pin not in expected:
            raise WrongRoot(
                f"the response is of another hub: its root has the pin {format_pin(pin)} (last line"
                " of muster ca show), and another one is expected here"
            )
        return
    if confirm is None:
        raise FingerprintUnknown(
            f"is this the right hub? its root is {format_pin(pin)}: compare it there (muster ca"
            f" show), then give --trust-fingerprint {pin}"
        )
    if not confirm(pin):
        raise FingerprintUnknown("not taken in: the fingerprint was not confirmed")


def _require_in_time(answer: GapAnswer, now_ns: int) -> None:
    if now_ns >= answer.expires_ns:
        days = (now_ns - answer.expires_ns) // (86_400 * SECOND_NS)
        raise ResponseExpired(
            f"the response ended {days} days ago by this machine's clock: let the hub sign the"
            " request again, or make a new one"
        )
    if answer.issued_ns - now_ns > _AHEAD_S * SECOND_NS:
        behind_s = (answer.issued_ns - now_ns) // SECOND_NS
        raise ClockBehind(
            f"this machine's clock is at least {behind_s} s behind the hub's: set it, then"
            " take the response in again"
        )


def _install(
    data: Path, key: Secret, answer: GapAnswer, old: Identity | None, clock: Clock
) -> Identity:
    return put_in_force(
        data,
        key=key,
        certified=Certified(chain=answer.chain, anchors=answer.anchors),
        name=answer.name,
        agents=answer.agents,
        claimed_ns=old.node.claimed_ns if old else clock.now_ns(),
        same_as=old.node if old else None,
    )


def _text(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return None
