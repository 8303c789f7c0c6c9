"""What sign-in asks of the outside: records of proofs, and a provider's answers.

Calls to records, their errors and events are as in ports/records.py.
"""

from collections.abc import Mapping
from typing import Protocol

import msgspec

from muster.model.access import AuditEvent, User
from muster.model.ids import UserId
from muster.model.signin import ForeignIdentity, Invitation, Passkey


class PasskeyRecords(Protocol):
    """Passkeys. They go with their user."""

    def passkeys(self, user: UserId) -> list[Passkey]:
        """Oldest first."""
        ...

    def passkey(self, id: str) -> Passkey | None: ...

    def counts(self) -> dict[UserId, int]:
        """How many each user has that has any."""
        ...

    def add_passkey(self, passkey: Passkey, event: AuditEvent, *, most: int) -> None:
        """Errors: Conflict when it is known already; LimitExceeded for one over `most`."""
        ...

    def use_passkey(self, id: str, sign_count: int, now_ns: int) -> bool:
        """Write count and time of a use, not audited.

        False, and nothing is written, when the count is not above the last one: a copy of the
        key is at work. Authenticators that do not count say 0, always.
        """
        ...

    def rename_passkey(self, id: str, name: str, event: AuditEvent) -> None: ...

    def remove_passkey(
        self, id: str, event: AuditEvent, *, keep_one: bool, end_sessions: bool = False
    ) -> None:
        """`end_sessions`: all of the user's.

        Errors: NotFound; Conflict when `keep_one` and it is the user's last.
        """
        ...


class SignInRecords(Protocol):
    """Identities at OpenID providers, which go with their user, and invitations."""

    def identity(self, issuer: str, subject: str) -> ForeignIdentity | None: ...
    def identities(self, user: UserId | None = None) -> list[ForeignIdentity]:
        """Of a user, or of all."""
        ...

    def create_foreign_user(self, user: User, identity: ForeignIdentity, event: AuditEvent) -> None:
        """Make user and identity, or neither. Errors: Conflict for a taken name or identity."""
        ...

    def link_identity(self, identity: ForeignIdentity, event: AuditEvent, *, most: int) -> None:
        """Give a user one more.

        Errors: Conflict for one that is taken; LimitExceeded for one over `most`.
        """
        ...

    def unlink_identity(self, identity: ForeignIdentity, event: AuditEvent) -> None:
        """Take it away, and end the user's sessions that began by its provider.

        Errors: NotFound; Conflict when nothing would be left to sign in by.
        """
        ...

    def unlink_identities(self, user: UserId, event: AuditEvent) -> int:
        """Take away all that a user has linked, and end sessions begun by providers; how many.

        Nothing is written when there are none.
        """
        ...

    def use_identity(self, identity: ForeignIdentity) -> None:
        """Write its provider and last use; not audited."""
        ...

    def invitations(self) -> list[Invitation]:
        """Newest first."""
        ...

    def invitation(self, id: str) -> Invitation | None: ...
    def find_invitation(self, sha256: str) -> Invitation | None: ...
    def create_invitation(self, invitation: Invitation, event: AuditEvent) -> None: ...

    def revoke_invitation(self, id: str, now_ns: int, event: AuditEvent) -> None:
        """Changes nothing when it has ended already."""
        ...

    def accept_invitation(
        self, id: str, user: User, passkey: Passkey | None, now_ns: int, event: AuditEvent
    ) -> None:
        """Make the user, with the passkey, and end the invitation; all or nothing.

        Errors: Conflict when the invitation is not open at `now_ns`, or the name is taken.
        """
        ...

    def prune_invitations(self, before_ns: int) -> int:
        """Forget invitations that ended before a time; how many."""
        ...


class Fetched(msgspec.Struct, frozen=True, kw_only=True):
    """What a provider answered."""

    status: int
    body: bytes


class Fetch(Protocol):
    """Asks another server over HTTPS, within limits of time and size; follows no redirect.

    Errors: Unavailable when it does not answer, or not as HTTP.
    """

    async def __call__(
        self,
        url: str,
        *,
        form: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Fetched:
        """GET, or POST of a form."""
        ...
