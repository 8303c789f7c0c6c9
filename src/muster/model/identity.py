"""Who a node is and how it proves it."""

import re
from enum import StrEnum

import msgspec

from muster.errors import InputError
from muster.model.ids import UUID, NodeId, RoomId, SpaceId, TokenId

_URI = re.compile(rf"spiffe://(?P<hub>{UUID})/space/(?P<space>{UUID})/node/(?P<node>{UUID})")


class Identity(msgspec.Struct, frozen=True):
    """The name a node proves by certificate: `spiffe://<hub>/space/<id>/node/<id>`."""

    hub: str  # UUID of the hub, made with its CA: the trust domain
    space: SpaceId
    node: NodeId

    @property
    def uri(self) -> str:
        """As it stands in the certificate."""
        return f"spiffe://{self.hub}/space/{self.space}/node/{self.node}"


def parse_identity(uri: str) -> Identity:
    """Read an Identity from a URI SAN. Errors: InputError when it has another shape."""
    match = _URI.fullmatch(uri)
    if match is None:
        raise InputError(f"not a node identity: {uri!r}")
    return Identity(match["hub"], SpaceId(match["space"]), NodeId(match["node"]))


class CredentialState(StrEnum):
    """How far a certificate is in its life; a node has at most one NEXT and one ACTIVE."""

    NEXT = "next"  # issued, not yet used
    ACTIVE = "active"  # used by the live link
    RETIRED = "retired"  # replaced by its successor
    REVOKED = "revoked"


class Credential(msgspec.Struct, frozen=True, kw_only=True):
    """One certificate of a node. Times in ns UTC."""

    serial: str  # lower-case hex, no separators
    node: NodeId
    sha256: str  # of the DER certificate, lower-case hex
    key_sha256: str  # of the SubjectPublicKeyInfo, lower-case hex
    issuer: str  # common name of the issuing CA
    not_before_ns: int
    not_after_ns: int
    state: CredentialState


class ClaimToken(msgspec.Struct, frozen=True, kw_only=True):
    """The right to enrol `uses` nodes into a Space and Rooms until `expires_ns`.

    Of its secret only the public key is kept: it checks proofs and makes none.
    """

    id: TokenId
    space: SpaceId
    rooms: tuple[RoomId, ...]
    proof_key: str  # Ed25519, lower-case hex; empty for tokens of before there were proofs
    created_ns: int
    expires_ns: int
    uses: int  # allowed
    used: int = 0
    revoked_ns: int = 0  # 0: not revoked
    created_by: str = ""
    description: str = ""
    labels: dict[str, str] = {}  # given to its nodes
    networks: tuple[str, ...] = ()  # CIDR; empty: from anywhere
    hosts: tuple[str, ...] = ()  # globs of host names; empty: any
    per_hour: int = 0  # nodes in any hour; 0: no limit but `uses`
    ephemeral_s: int = 0  # its nodes go so long after they were last seen; 0: they stay


class Grant(msgspec.Struct, frozen=True, kw_only=True):
    """What a proof allows. Every way to enrol ends in one."""

    identity: Identity
    rooms: tuple[RoomId, ...]
    lifetime_s: int
