"""Nodes that prove themselves by a public key of their own, in place of a certificate of ours."""

import msgspec

from muster.model.ids import NodeId, SpaceId, TokenId


class KeyClaim(msgspec.Struct, frozen=True, kw_only=True):
    """One claim by which a node came in: its id names the link, its key proves it.

    A node has one key at a time and may have several claims with it: agents that got no answer
    ask again under another id. `replaced_ns` > 0: the node has another key since then.
    """

    id: str  # UUID, lower case
    dialect: str  # of the wire it came by: netdata
    node: NodeId
    space: SpaceId
    machine: str  # id of the installation, as its dialect knows it (UUID)
    key_pem: str  # SubjectPublicKeyInfo, PEM
    key_sha256: str
    token: TokenId  # by which it came
    claimed_ns: int
    replaced_ns: int = 0


class Member(msgspec.Struct, frozen=True, kw_only=True):
    """Which node of a space an installation is; `via` the node that speaks for it.

    `via` "": it has a claim of its own. `hops`: how many stand between it and who speaks.
    """

    dialect: str
    machine: str
    space: SpaceId
    node: NodeId
    via: str = ""
    hops: int = 0
