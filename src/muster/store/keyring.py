"""The CA with its keys, and the folder that they lie in: a ports.signer.Signer.

Every step is on disk before it is in force. The root's key is read when it is needed and not
kept. One thread at a time may call what changes the folder.
"""

from collections.abc import Callable, Sequence

import msgspec

from muster.clock import Clock
from muster.errors import Conflict, InputError
from muster.model.identity import Identity
from muster.pki import authority, keys, rollover, services
from muster.pki.authority import Authority, Issued, IssuedServer
from muster.pki.crl import Revoked
from muster.pki.keys import CertificateView
from muster.pki.rollover import Ring
from muster.pki.trust import Trust
from muster.store.keystore import KeyStore


class KeyRing:
    """Errors of the constructor: SettingsError naming file and remedy; Unavailable."""

    def __init__(self, *, store: KeyStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._use(store.load(clock.now_ns()))

    @property
    def trust(self) -> Trust:
        """The public side; whether the root's key is there, and was exported, as of now."""
        return msgspec.structs.replace(
            self._authority.trust,
            root_key=self._store.has_root_key(),
            exported_ns=self._store.exported_ns(),
        )

    @property
    def hub(self) -> str:
        return self._authority.hub

    @property
    def anchors(self) -> str:
        return self._authority.anchors

    @property
    def pins(self) -> tuple[str, ...]:
        return self._authority.pins

    def issue_agent(
        self, request: str, identity: Identity, *, now_ns: int, lifetime_s: int = 0
    ) -> Issued:
        return self._authority.issue_agent(request, identity, now_ns=now_ns, lifetime_s=lifetime_s)

    def issue_server(
        self, names: Sequence[str], *, now_ns: int, lifetime_s: int = 0
    ) -> IssuedServer:
        return self._authority.issue_server(names, now_ns=now_ns, lifetime_s=lifetime_s)

    def certify_server(
        self, request: str, names: Sequence[str], *, now_ns: int, lifetime_s: int = 0
    ) -> Issued:
        """A server certificate for the key of a request."""
        return self._authority.certify_server(request, names, now_ns=now_ns, lifetime_s=lifetime_s)

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
        """The CA for other services is made when it is first needed."""
        if not self._authority.trust.services:
            self._change(
                lambda ring: msgspec.structs.replace(
                    ring, current=authority.with_services(ring.current, now_ns)
                )
            )
        return self._authority.issue_service(
            request, names, client=client, server=server, now_ns=now_ns, lifetime_s=lifetime_s
        )

    def sign_lists(
        self, entries: Sequence[Revoked], *, number: int, now_ns: int, services: bool = False
    ) -> str:
        return self._authority.sign_lists(entries, number=number, now_ns=now_ns, services=services)

    def sign_answer(self, text: str) -> str:
        return self._authority.sign_answer(text)

    def issued_agent(self, der: bytes) -> bool:
        return self._authority.issued_agent(der)

    def roots(self) -> list[CertificateView]:
        return self._authority.roots()

    def issuers(self) -> list[CertificateView]:
        return self._authority.issuers()

    def prepare(self, *, staged: bool) -> Trust:
        """Trust a new root: one made now, or that which lies ready."""
        if staged:
            fresh, cross = self._store.take_staged()
            if not cross:
                raise InputError("what lies ready has no cross certificate")
            found = self._change(lambda ring: rollover.accept(ring, fresh, cross))
            self._store.drop_staged()
            return found
        now_ns = self._clock.now_ns()
        fresh = authority.make_hierarchy(now_ns, self.hub)
        return self._change(
            lambda ring: rollover.prepare(ring, fresh, ring.current.root_key, now_ns)
        )

    def activate(self) -> Trust:
        return self._change(rollover.activate)

    def retire(self) -> Trust:
        return self._change(rollover.retire)

    def abort(self) -> Trust:
        return self._change(rollover.abort)

    def renew_issuers(self, *, staged: bool) -> Trust:
        """New issuing certificates: where old ones end within a year, or those that lie ready."""
        if staged:
            fresh, _ = self._store.take_staged()
            found = self._change(lambda ring: _with_issuers(ring, fresh))
            self._store.drop_staged()
            return found
        return self._change(self._refreshed)

    def take_services(self, *, staged: bool) -> Trust:
        """Another CA for other services, before those that are there."""
        now_ns = self._clock.now_ns()
        if staged:
            fresh = self._store.staged_services.take()
        else:
            fresh = services.make_services(self.hub, now_ns)

        def step(ring: Ring) -> Ring:
            known = (ring.current.services_key, ring.current.services)
            key, pem = services.put_first(fresh, known, now_ns)
            return msgspec.structs.replace(
                ring, current=msgspec.structs.replace(ring.current, services_key=key, services=pem)
            )

        found = self._change(step)
        if staged:
            self._store.staged_services.drop()
        return found

    def look(self) -> Trust:
        return self.trust

    def close(self) -> None:
        """Nothing is held open."""

    def _refreshed(self, ring: Ring) -> Ring:
        if ring.current.root_key is None:
            raise Conflict("the root's key is kept offline: give it with --root-key FILE")
        current = authority.refreshed(ring.current, self._clock.now_ns())
        if current is ring.current:
            raise Conflict("no issuing certificate ends within a year")
        return msgspec.structs.replace(ring, current=current)

    def _change(self, step: Callable[[Ring], Ring]) -> Trust:
        with self._store.changing():
            ring = step(self._store.read())
            rollover.authority_of(ring)  # what does not fit together is not written
            self._store.replace(ring)
        self._use(ring)
        return self.trust

    def _use(self, ring: Ring) -> None:
        self._authority: Authority = rollover.authority_of(ring)


def _with_issuers(ring: Ring, fresh: authority.Hierarchy) -> Ring:
    """The ring with issuers that were made elsewhere, under the root it has."""
    if keys.views(fresh.root)[0].sha256 != keys.views(ring.current.root)[0].sha256:
        raise InputError("what lies ready stands under another root")
    if authority.hub_of(fresh.agents) != authority.hub_of(ring.current.agents):
        raise InputError("what lies ready was made for another hub")
    current = msgspec.structs.replace(
        ring.current,
        agents_key=fresh.agents_key,
        agents=fresh.agents,
        servers_key=fresh.servers_key,
        servers=fresh.servers,
    )
    return msgspec.structs.replace(ring, current=current)
