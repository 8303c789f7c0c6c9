"""What a claim's evidence is worth: each piece checked, all of it as listed reasons and a score.

Evidence never lets anybody in and keeps nobody out: it is shown to who decides, and policies
may ask for it by name. Verified means a signature held: by an SSH host key over this very
request, or by a cloud over a document about this machine. The rest is what the machine says.

Names that policies know: machine_id, dmi, macs (said); ssh, ssh_known, cloud, cloud:aws,
cloud:gcp (verified); cloud:azure is shown and never verified.

Source: AWS instance identity documents (RSA-SHA256 signature); Google's signed identity
tokens (RFC 7515, RFC 7517, RS256); docs/formats/claim.md.
"""

import base64
import binascii
import hashlib
from collections.abc import Mapping
from pathlib import Path

import msgspec
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from muster.clock import SECOND_NS
from muster.errors import InputError
from muster.model.approval import Reason
from muster.model.evidence import CloudDocument, Evidence
from muster.pki.keys import MALFORMED
from muster.pki.sshsig import BadSignature, check_signature
from muster.ports.approvals import Mark, marks_said

NAMESPACE = "muster-claim"
FULL_SCORE = 100
EVIDENCE_NAMES = frozenset(
    ("machine_id", "dmi", "macs", "ssh", "ssh_known", "cloud", "cloud:aws", "cloud:gcp")
)
_SAID = ("machine_id", "dmi", "macs")
_MAX_KEYS = 64
_MIN_BITS = 2_048

_Documents = dict[str, object]


class EvidenceSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """[evidence] of the hub's configuration."""

    # SSH host keys of machines that are known, as OpenSSH keeps them
    known_hosts: Path | None = None
    # AWS's certificates of the regions in use, PEM, to check what AWS says of a machine
    aws_certificates: Path | None = None
    gcp_keys: Path | None = None  # Google's keys (JWKS), a copy of googleapis.com/oauth2/v3/certs


class TrustedKeys(msgspec.Struct, frozen=True, kw_only=True):
    """What signatures are checked with. Shapes: texts of the files in EvidenceSettings."""

    known_hosts: str = ""
    aws_certificates: str = ""
    gcp_keys: str = ""


class Evidences:
    """Weighs evidence with keys that were read once. Errors: InputError for keys of no use."""

    def __init__(self, trusted: TrustedKeys = TrustedKeys()) -> None:  # noqa: B008 - frozen
        self._known_hosts = _parse_known_hosts(trusted.known_hosts)
        self._aws = _aws_keys(trusted.aws_certificates)
        self._gcp = _gcp_keys(trusted.gcp_keys)

    def weigh(self, evidence: Evidence, request: str, now_ns: int) -> tuple[Reason, ...]:
        """The reasons, the strongest first. `request` is the PEM request it came with."""
        digest = hashlib.sha256(request.encode(errors="replace")).hexdigest()
        reasons = [*_said(evidence), *self._ssh(evidence, digest)]
        reasons += [self._cloud(each, digest, now_ns) for each in evidence.cloud]
        return tuple(sorted(reasons, key=lambda reason: (-reason.points, reason.name)))

    def _ssh(self, evidence: Evidence, digest: str) -> list[Reason]:
        found = []
        for shown in evidence.ssh:
            try:
                print_ = check_signature(
                    shown.key, shown.signature, digest.encode(), namespace=NAMESPACE
                )
            except BadSignature as error:
                found.append(Reason(name="ssh_false", text=f"SSH host key: {error}"))
                continue
            host = self._known_hosts.get(_plain_key(shown.key))
            if host is None:
                text = f"holds the SSH host key {print_}, which is not known here"
                found.append(Reason(name="ssh", text=text, points=10, verified=True))
            else:
                text = f"holds the known SSH host key of {host} ({print_})"
                found.append(Reason(name="ssh_known", text=text, points=60, verified=True))
        return found

    def _cloud(self, shown: CloudDocument, digest: str, now_ns: int) -> Reason:
        try:
            match shown.provider:
                case "aws":
                    return self._aws_reason(shown)
                case "gcp":
                    return self._gcp_reason(shown, digest, now_ns)
                case _:
                    text = f"shows a document of {shown.provider[:16]!r}, which is not verified"
                    return Reason(name=f"cloud:{shown.provider[:16]}", text=text)
        except (*MALFORMED, msgspec.DecodeError, InputError, KeyError, AttributeError) as error:
            cause = str(error) if isinstance(error, InputError) else "its signature does not hold"
            text = f"document of {shown.provider[:16]!r}: {cause[:120]}"
            return Reason(name="cloud_false", text=text)

    def _aws_reason(self, shown: CloudDocument) -> Reason:
        """A document says which machine, not that this request is the machine's."""
        if not self._aws:
            return Reason(name="cloud:aws", text="shows a document of aws; no key to check it with")
        signature = _decode(shown.signature)
        if not any(_holds(key, signature, shown.document.encode()) for key in self._aws):
            raise InputError("its signature does not hold")
        said = msgspec.json.decode(shown.document, type=dict[str, object])
        what = ", ".join(str(said.get(name, "")) for name in ("accountId", "region", "instanceId"))
        text = f"AWS says it is {what[:120]}"
        return Reason(name="cloud:aws", text=text, points=40, verified=True)

    def _gcp_reason(self, shown: CloudDocument, digest: str, now_ns: int) -> Reason:
        if not self._gcp:
            return Reason(name="cloud:gcp", text="shows a document of gcp; no key to check it with")
        head, said = _checked_jwt(shown.document, self._gcp)
        if said.get("aud") != f"{NAMESPACE}:{digest}":
            raise InputError(f"made for another request (key {str(head.get('kid'))[:40]!r})")
        if said.get("iss") not in ("https://accounts.google.com", "accounts.google.com"):
            raise InputError("another issuer than Google")
        ends_s = said.get("exp")
        if not isinstance(ends_s, int) or ends_s * SECOND_NS <= now_ns:
            raise InputError("it has expired")
        text = f"Google says it is {_gcp_words(said)[:120]}"
        return Reason(name="cloud:gcp", text=text, points=60, verified=True)


def score_of(reasons: tuple[Reason, ...]) -> int:
    """0 to 100; what is false takes all away."""
    if any(reason.name.endswith("_false") for reason in reasons):
        return 0
    return min(FULL_SCORE, sum(reason.points for reason in reasons))


def names_of(reasons: tuple[Reason, ...]) -> frozenset[str]:
    """By which names a policy finds the evidence; clouds' documents only when verified."""
    names = {reason.name for reason in reasons if reason.verified or reason.name in _SAID}
    if "ssh_known" in names:
        names.add("ssh")
    if any(name.startswith("cloud:") for name in names):
        names.add("cloud")
    return frozenset(names)


def to_keep(evidence: Evidence) -> Evidence:
    """Evidence without what others would take as proof: signatures of clouds are not kept."""
    kept = []
    for shown in evidence.cloud:
        match shown.provider:
            case "aws":
                document = shown.document
            case "gcp":
                document = shown.document.rpartition(".")[0]  # head and claims of the JWT
            case _:
                document = ""  # signature and text are one
        kept.append(CloudDocument(provider=shown.provider, document=document))
    return msgspec.structs.replace(evidence, cloud=tuple(kept))


def marks_of(evidence: Evidence, reasons: tuple[Reason, ...]) -> tuple[Mark, ...]:
    """By what a machine is known again. Of host keys those whose signatures held."""
    marks = marks_said(evidence)
    proved = any(reason.name in ("ssh", "ssh_known") for reason in reasons)
    is_false = any(reason.name == "ssh_false" for reason in reasons)
    if not proved or is_false:
        return marks
    plain = [_plain_key(shown.key).encode(errors="replace") for shown in evidence.ssh]
    return (*marks, *(Mark("ssh", hashlib.sha256(each).hexdigest()) for each in plain))


def _said(evidence: Evidence) -> list[Reason]:
    reasons = []
    if evidence.machine_id:
        reasons.append(Reason(name="machine_id", text="says its machine id", points=5))
    if evidence.dmi:
        reasons.append(Reason(name="dmi", text="says its hardware's id", points=5))
    if evidence.macs:
        count = len(evidence.macs)
        reasons.append(
            Reason(name="macs", text=f"says {count} network card{'s' * (count != 1)}", points=5)
        )
    return reasons


def _plain_key(key: str) -> str:
    return " ".join(key.split()[:2])


def _parse_known_hosts(text: str) -> dict[str, str]:
    """Key -> host, of lines "host[,host] type key"; marked lines and comments are passed over."""
    known: dict[str, str] = {}
    for line in text.splitlines():
        parts = line.split()
        if len(parts) >= 3 and not line.startswith(("#", "@")):
            hosts = parts[0]
            known[f"{parts[1]} {parts[2]}"] = "a known host" if hosts[0] == "|" else hosts[:100]
    return known


def _aws_keys(pem: str) -> list[rsa.RSAPublicKey]:
    if not pem.strip():
        return []
    try:
        found = [each.public_key() for each in x509.load_pem_x509_certificates(pem.encode())]
    except MALFORMED as error:
        raise InputError("AWS certificates that cannot be read (PEM)") from error
    return [key for key in found if isinstance(key, rsa.RSAPublicKey)][:_MAX_KEYS]


def _gcp_keys(text: str) -> dict[str, rsa.RSAPublicKey]:
    """Key id -> key. Source: RFC 7517 section 5, RFC 7518 section 6.3.1."""
    if not text.strip():
        return {}
    try:
        listed = msgspec.json.decode(text, type=dict[str, list[dict[str, object]]])["keys"]
        return {
            str(each["kid"]): rsa.RSAPublicNumbers(
                _number(str(each["e"])), _number(str(each["n"]))
            ).public_key()
            for each in listed[:_MAX_KEYS]
            if each.get("kty") == "RSA"
        }
    except (*MALFORMED, msgspec.DecodeError, KeyError) as error:
        raise InputError("Google's keys cannot be read (JWKS)") from error


def _checked_jwt(
    text: str, trusted: Mapping[str, rsa.RSAPublicKey]
) -> tuple[_Documents, _Documents]:
    """(head, claims) of an RS256 JWT by one of the trusted keys. Source: RFC 7515."""
    head_text, _, rest = text.partition(".")
    body_text, _, signature = rest.partition(".")
    head = msgspec.json.decode(_decode(head_text), type=dict[str, object])
    if head.get("alg") != "RS256":
        raise InputError(f"signed with {str(head.get('alg'))[:16]!r}, not RS256")
    key = trusted.get(str(head.get("kid")))
    if key is None or not _holds(key, _decode(signature), f"{head_text}.{body_text}".encode()):
        raise InputError("its signature does not hold")
    return head, msgspec.json.decode(_decode(body_text), type=dict[str, object])


def _gcp_words(said: _Documents) -> str:
    google = said.get("google")
    engine = google.get("compute_engine") if isinstance(google, dict) else None
    if not isinstance(engine, dict):
        return str(said.get("sub", ""))
    return ", ".join(str(engine.get(name, "")) for name in ("project_id", "zone", "instance_name"))


def _holds(key: rsa.RSAPublicKey, signature: bytes, message: bytes) -> bool:
    if key.key_size < _MIN_BITS // 2:  # AWS signs with 1024 bits where it has not moved on
        return False
    try:
        key.verify(signature, message, padding.PKCS1v15(), hashes.SHA256())
    except InvalidSignature:
        return False
    return True


def _number(text: str) -> int:
    return int.from_bytes(_decode(text), "big")


def _decode(text: str) -> bytes:
    """Base64 of either alphabet, with or without padding. Errors: InputError."""
    plain = text.strip().replace("-", "+").replace("_", "/").rstrip("=")
    try:
        return base64.b64decode((plain + "=" * (-len(plain) % 4)).encode("ascii"), validate=True)
    except (binascii.Error, UnicodeEncodeError) as error:
        raise InputError("not base64") from error
