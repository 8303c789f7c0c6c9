"""How people prove who they are besides a password: passkeys, foreign identities, invitations."""

import msgspec

from muster.model.access import Role
from muster.model.ids import RoomId, SpaceId, UserId


class Passkey(msgspec.Struct, frozen=True, kw_only=True):
    """A WebAuthn credential of a user. The hub holds its public key alone."""

    id: str  # the credential's, base64url
    user: UserId
    name: str  # in its owner's words
    domain: str  # the host name it is good for (WebAuthn: RP ID)
    public_key: bytes  # COSE
    sign_count: int  # of its last use; authenticators that do not count stay at 0
    created_ns: int
    used_ns: int = 0  # 0: never
    synced: bool = False  # lies with a provider and not in one device alone


class ForeignIdentity(msgspec.Struct, frozen=True, kw_only=True):
    """Who a user is for an OpenID provider. `issuer` and `subject` identify, nothing else."""

    issuer: str
    subject: str
    user: UserId
    provider: str  # name of the settings' section that it came by last
    created_ns: int
    used_ns: int
    linked: bool = False  # by a user of before, whose roles are given here, not by groups


class Invitation(msgspec.Struct, frozen=True, kw_only=True):
    """The right of one person to become a user. Only the hash of its secret is kept."""

    id: str
    sha256: str
    user: UserId  # the id the user will have: passkeys are made for it
    name: str
    roles: dict[SpaceId, Role]
    room_roles: dict[RoomId, Role]
    created_ns: int
    expires_ns: int
    created_by: str
    used_ns: int = 0  # 0: not used
    revoked_ns: int = 0  # 0: not revoked

    def state(self, now_ns: int) -> str:
        """`open`, `used`, `revoked` or `expired`, at a moment."""
        if self.used_ns:
            return "used"
        if self.revoked_ns:
            return "revoked"
        return "open" if now_ns < self.expires_ns else "expired"
