"""Who signs: the hub's CA as the rest of the hub sees it, wherever its keys are.

Calls block and may be made from any thread; a signature takes less than a millisecond.
`muster.pki.authority.Authority` is one that holds its keys itself; the hub's own has them in
a process of its own, which goes by its own clock and checks all it is asked.
Errors, everywhere: InputError (`bad_csr`) for a request; Unavailable when the signer is away.
"""

from collections.abc import Sequence
from typing import Protocol

from muster.model.identity import Identity
from muster.pki.authority import Issued, IssuedServer
from muster.pki.crl import Revoked
from muster.pki.keys import CertificateView
from muster.pki.trust import Trust


class Authority(Protocol):
    """Issues certificates for one hub."""

    @property
    def trust(self) -> Trust:
        """The public side, as of now."""
        ...

    @property
    def hub(self) -> str:
        """The trust domain, a UUID."""
        ...

    @property
    def anchors(self) -> str:
        """The roots that are trusted (PEM); the first signs."""
        ...

    @property
    def pins(self) -> tuple[str, ...]:
        """SHA-256 of each root's key, in the same order."""
        ...

    def issue_agent(
        self, request: str, identity: Identity, *, now_ns: int, lifetime_s: int = 0
    ) -> Issued:
        """Certify the key of a request (PEM) for a node; lifetime 0 is the usual one."""
        ...

    def issue_server(
        self, names: Sequence[str], *, now_ns: int, lifetime_s: int = 0
    ) -> IssuedServer:
        """A server certificate with a new key, for host names and IP addresses."""
        ...

    def issue_service(
        self,
        request: str,
        names: Sequence[str],
        *,
        client: bool,
        server: bool,
        now_ns: int,
        lifetime_s: int = 0,
    ) -> Issued:
        """Certify the key of a request for something that is no part of Muster."""
        ...

    def sign_lists(
        self, entries: Sequence[Revoked], *, number: int, now_ns: int, services: bool = False
    ) -> str:
        """A revocation list of each issuer that is trusted, or of the CA for services (PEM).

        Entries are certificates of agents, or those of services, by whose CA each goes.
        """
        ...

    def sign_answer(self, text: str) -> str:
        """A signature of the issuer for agents, base64url, over an answer that goes by hand."""
        ...

    def issued_agent(self, der: bytes) -> bool:
        """Whether a certificate was signed by an issuer for agents that is trusted now."""
        ...

    def roots(self) -> list[CertificateView]: ...

    def issuers(self) -> list[CertificateView]: ...


class Signer(Authority, Protocol):
    """An Authority whose root can be replaced. Each step holds from when it returns.

    Errors: Conflict when it is not the time for a step, or a key is kept offline.
    """

    def prepare(self, *, staged: bool) -> Trust:
        """Trust a new root: one made now, or that which lies ready in `ca.staged`."""
        ...

    def activate(self) -> Trust: ...
    def retire(self) -> Trust: ...
    def abort(self) -> Trust: ...

    def renew_issuers(self, *, staged: bool) -> Trust:
        """New issuing certificates where the old ones end within a year, or those staged."""
        ...

    def take_services(self, *, staged: bool) -> Trust:
        """Let another CA issue for other services: one made now, or that which lies ready.

        Those before it stay trusted. Errors: InputError; Conflict for one that is known.
        """
        ...

    def look(self) -> Trust:
        """The public side, read anew: the root's key may have come or gone."""
        ...

    def close(self) -> None:
        """Let go of the keys."""
        ...
