"""A hub's people, nodes and CA, complete and in memory, with time that stands still."""

import uuid
from datetime import timedelta
from pathlib import Path
from typing import Self

from argon2 import PasswordHasher

from muster.clock import ManualClock
from muster.core.audit import Audit, AuditSettings
from muster.core.changes import Changes, NodeChange
from muster.core.databases.databasebook import DatabaseBook
from muster.core.databases.databases import Databases, DatabaseSettings
from muster.core.databases.fieldkinds import FieldKinds
from muster.core.databases.influxlogins import InfluxLogins, LoginSettings
from muster.core.databases.influxusers import InfluxUsers
from muster.core.enrolment import keypasswords
from muster.core.enrolment.adoption import Adoption
from muster.core.enrolment.approvals import Approvals, ApprovalSettings
from muster.core.enrolment.claims import ClaimAnswer, ClaimRequest
from muster.core.enrolment.enrol import Enrolment, EnrolSettings
from muster.core.enrolment.evidence import Evidences
from muster.core.enrolment.gate import Gate
from muster.core.enrolment.keyclaimform import KeyClaimRequest
from muster.core.enrolment.keyclaims import KeyClaims
from muster.core.enrolment.policy import Policy
from muster.core.enrolment.tokenproof import SecretProof
from muster.core.enrolment.tokens import (
    NO_LIMITS,
    Addresses,
    ClaimTokens,
    TokenLimits,
    TokenSettings,
)
from muster.core.nodes.inventory import Inventory
from muster.core.nodes.readers import Readers
from muster.core.nodes.rooms import Rooms
from muster.core.nodes.spaces import Spaces
from muster.core.people.accounts import Accounts
from muster.core.people.apitokens import ApiTokens, ApiTokenSettings
from muster.core.people.invitations import Invitations, InvitationSettings
from muster.core.people.passkeys import Passkeys
from muster.core.people.passwords import Passwords
from muster.core.people.sessions import AccountSettings
from muster.log import Secret
from muster.model.access import Actor
from muster.model.evidence import Evidence
from muster.model.ids import NodeId, SpaceId
from muster.model.inventory import Facts
from muster.model.keyclaim import KeyClaim
from muster.pki import keys
from muster.pki.authority import Authority, make_hierarchy
from muster.ports.influx import Points
from muster.ports.signer import Authority as SomeAuthority
from muster.store.records.database import MEMORY
from muster.store.records.records import SqliteRecords
from muster.testing.points import RemovedPoints
from muster.testing.rsakeys import public_pem
from muster.wire.claimtoken import Token, decode_token

# Hashes that cost nothing: what they cost is the subject of test_passwords.py.
LIGHT = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
OPERATOR = Actor(name="operator", operator=True)
ADDRESSES = Addresses(hosts=("hub.example", "10.0.0.1"), enrol_port=8402, agents_port=8401)


class House:
    """The parts that know who is who, wired as a hub wires them: `with House() as house`.

    `told` is what watchers of changes were told.
    """

    def __init__(
        self,
        *,
        path: Path = MEMORY,
        enrol: EnrolSettings | None = None,
        approvals: ApprovalSettings | None = None,
        authority: SomeAuthority | None = None,
    ) -> None:
        self.clock = ManualClock()
        self.records = SqliteRecords(path=path)
        self.told: list[tuple[NodeId, NodeChange]] = []
        self.changes = Changes()
        self.changes.watch(lambda node, change: self.told.append((node, change)))
        self.authority: SomeAuthority = authority or Authority(make_hierarchy(self.clock.now_ns()))
        self.inventory = Inventory(
            records=self.records.nodes, clock=self.clock, changes=self.changes
        )
        self.roster = self.inventory.roster
        self.rooms = Rooms(
            records=self.records.nodes,
            roster=self.roster,
            clock=self.clock,
            changes=self.changes,
        )
        self.spaces = Spaces(records=self.records.nodes, roster=self.roster, clock=self.clock)
        self.policy: Policy | None = None  # none: as the space says
        self.live: set[NodeId] = set()  # whose links are open
        self.slept_s: list[float] = []  # how long guesses were held back; here nobody waits
        self.approvals = Approvals(
            records=self.records,
            clock=self.clock,
            settings=approvals or ApprovalSettings(),
            changes=self.changes,
            is_live=lambda node: node.id in self.live,
            policy=lambda: self.policy,
        )
        settings = enrol or EnrolSettings()
        self.gate = gate = Gate(
            records=self.records,
            approvals=self.approvals,
            clock=self.clock,
            evidences=Evidences(),
            policy=lambda: self.policy,
            is_live=lambda node: node.id in self.live,
            asks_for_reimaged=settings.reimaged == "ask",
        )
        self.enrolment = Enrolment(
            records=self.records,
            authority=self.authority,
            clock=self.clock,
            settings=settings,
            changes=self.changes,
            gate=gate,
            approvals=self.approvals,
            lifetime_of=self.roster.lifetime_s,
            sleep=self._sleep,
        )
        self.key_claims = KeyClaims(
            records=self.records,
            clock=self.clock,
            hub=self.authority.hub,
            gate=gate,
            proofs=self.enrolment.proofs,
            is_live=lambda node: node.id in self.live,
            fetch=self.approvals.settings.fetch,
            changes=self.changes,
            takes_unchecked=self.enrolment.takes_unchecked,
        )
        self.link_passwords = keypasswords.Passwords(claims=self.key_claims, clock=self.clock)
        self.adoption = Adoption(
            records=self.records,
            authority=self.authority,
            clock=self.clock,
            claims=self.key_claims,
            lifetime_s=self.enrolment.lifetime_s,
            changes=self.changes,
        )
        self.tokens = ClaimTokens(
            records=self.records,
            clock=self.clock,
            settings=TokenSettings(),
            pins=lambda: self.authority.pins,
            addresses=lambda: ADDRESSES,
        )
        passwords = Passwords(hasher=LIGHT)
        self.accounts = Accounts(
            records=self.records,
            clock=self.clock,
            settings=AccountSettings(),
            passwords=passwords,
        )
        self.passkeys = Passkeys(
            records=self.records, clock=self.clock, sessions=self.accounts.sessions, hub="hub"
        )
        self.invitations = Invitations(
            records=self.records,
            clock=self.clock,
            settings=InvitationSettings(),
            sessions=self.accounts.sessions,
            passkeys=self.passkeys,
            passwords=passwords,
        )
        self.api_tokens = ApiTokens(
            records=self.records, clock=self.clock, settings=ApiTokenSettings()
        )
        self.audit = Audit(records=self.records.audit, clock=self.clock, settings=AuditSettings())
        self.key = keys.make_key()
        self._wire_databases()

    def _wire_databases(self) -> None:
        self.book = DatabaseBook(records=self.records.influx)
        self.field_kinds = FieldKinds(records=self.records.influx_shards)
        self.points = self.make_points()
        self.databases = Databases(
            book=self.book,
            clock=self.clock,
            settings=DatabaseSettings(),
            kinds=self.field_kinds,
            points=self.points,
        )
        passwords = Passwords(shortest=1, hasher=LIGHT)
        self.influx_users = InfluxUsers(
            book=self.book, databases=self.databases, passwords=passwords, clock=self.clock
        )
        self.readers = Readers(roster=self.roster)
        self.influx_logins = InfluxLogins(
            book=self.book,
            passwords=passwords,
            api_tokens=self.api_tokens,
            nodes=self.records.nodes,
            readers=self.readers,
            audit=self.records.audit,
            clock=self.clock,
            settings=LoginSettings(),
        )

    def make_points(self) -> Points:
        """What deletes points; here there are none."""
        return RemovedPoints()

    def open(self) -> None:
        self.records.open()
        self.records.begin(self.clock.now_ns())
        self.space = self.inventory.ensure_space("Home")

    async def _sleep(self, seconds: float) -> None:
        self.slept_s.append(seconds)

    def close(self) -> None:
        self.records.close()

    def __enter__(self) -> Self:
        self.open()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    async def token(
        self,
        *,
        uses: int = 1,
        rooms: tuple[str, ...] = (),
        limits: TokenLimits = NO_LIMITS,
        space: SpaceId | None = None,
    ) -> Token:
        """A token for the first space, or another one, good for an hour."""
        made = await self.tokens.create(
            OPERATOR,
            space or self.space.id,
            uses=uses,
            rooms=rooms,
            lifetime=timedelta(hours=1),
            limits=limits,
        )
        return decode_token(made.text.reveal())

    async def claim(
        self,
        token: Token,
        *,
        key: Secret | None = None,
        secret: Secret | None = None,
        host: str = "web",
        proposed_id: str = "",
        evidence: Evidence = Evidence(),  # noqa: B008 - frozen
        address: str = "10.1.2.3",
    ) -> ClaimAnswer:
        """What a machine does that holds a token; without `key` always the same one."""
        return await self.enrolment.claim(
            ClaimRequest(
                token_id=token.id,
                proof=SecretProof(secret or token.secret),
                request=keys.make_request(key or self.key),
                facts=Facts(hostname=host),
                evidence=evidence,
                proposed_id=proposed_id,
                address=address,
            )
        )

    async def claim_by_key(self, key: int = 0, *, token: Token | None = None) -> KeyClaim:
        """What a Netdata agent does: a machine of its own with one of the keys of rsakeys."""
        token = token or await self.token()
        made = await self.key_claims.claim(
            KeyClaimRequest(
                id=str(uuid.uuid4()),
                dialect="netdata",
                machine=str(uuid.uuid4()),
                hostname="web",
                token_id=token.id,
                secret=token.secret,
                key=public_pem(key),
            )
        )
        return made.claim
