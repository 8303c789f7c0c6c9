"""What all links of Netdata agents share: the parts of core they use, limits and memory."""

from collections.abc import Callable
from datetime import timedelta
from typing import Protocol

import msgspec

from muster.clock import SECOND_NS, Clock
from muster.core.nodes.links import Links
from muster.faces.netdata.alerts import Alerts
from muster.faces.netdata.contexts import Contexts
from muster.faces.netdata.packedcache import OnDisk, PackedCache
from muster.faces.netdata.queries import QuerySettings
from muster.faces.netdata.session import Sessions
from muster.log import Secret
from muster.model.clone import CloneHolder
from muster.model.ids import NodeId
from muster.model.inventory import Facts, Node
from muster.model.keyclaim import KeyClaim, Member
from muster.ports.nodenotes import NodeNotes
from muster.wire.netdata.messages import Collector, UpdateNodeInfo


class NetdataLinkSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Limits of the links of Netdata agents."""

    connect: timedelta = timedelta(seconds=10)  # how long a Netdata agent has to say who it is
    # a Netdata link on which nothing is heard for so long is dead; a word is due every 60 s
    silence: timedelta = timedelta(seconds=90)
    # how long the link stays open for an agent that is told to go
    farewell: timedelta = timedelta(milliseconds=500)
    # size of one message from a Netdata agent; agents drop larger ones and say nothing
    packet_bytes: int = 16 << 20
    backlog: int = 10_000  # messages that may wait for one agent that takes them too slowly
    messages_per_second: int = 1_000  # messages of one Netdata link, over ten seconds; more wait
    writes_per_second: int = 50  # nodes made or described, per link, over ten seconds; more wait
    children: int = 1_000  # nodes that one agent speaks for beside its own
    contexts: int = 10_000  # contexts that are kept of one Netdata node
    alerts: int = 5_000  # alerts that are kept of one Netdata node


class Said(msgspec.Struct):
    """What an agent said of a node that is no state, context or alert."""

    info: UpdateNodeInfo | None = None
    collectors: tuple[Collector, ...] = ()
    capabilities: dict[str, int] = {}  # those that are enabled, to their versions


def _weight(said: Said) -> int:
    return len(said.collectors) + len(said.capabilities)


class MemberBook(Protocol):
    """core.enrolment.members.Members, as far as links need it."""

    def of(self, node: NodeId) -> Member | None: ...
    def behind(self, node: NodeId) -> list[Member]: ...


class Claims(Protocol):
    """core.enrolment.keyclaims.KeyClaims, as far as links need it."""

    @property
    def members(self) -> MemberBook: ...

    def key_of(self, claim_id: str) -> KeyClaim:
        """Errors: Unauthenticated with a code of its own when it opens no link any more."""
        ...

    async def opened(self, claim: KeyClaim) -> None: ...
    async def member(self, claim: KeyClaim, machine: str, hostname: str, hops: int) -> Node: ...


class Passwords(Protocol):
    """What an agent got for its answer to the challenge, good once."""

    def verify(self, client_id: str, username: str, password: Secret) -> KeyClaim:
        """Whose it is. Errors: Unauthenticated."""
        ...


class Knows(Protocol):
    """core.nodes.inventory.Inventory, as far as links need it."""

    def find(self, id: NodeId) -> Node | None: ...
    async def update_facts(self, id: NodeId, facts: Facts, address: str = "") -> None: ...


class Judges(Protocol):
    """core.enrolment.holders.Holders: whether an agent is a copy of one that is connected."""

    async def meet(self, node: NodeId, visitor: CloneHolder) -> object:
        """Errors: IdentityCopied while another holder answers."""
        ...


class Counts(msgspec.Struct):
    """Of all links since the hub's start."""

    opened: int = 0
    refused: int = 0  # before they were open
    broken: int = 0  # ended because of what the agent sent
    ignored: int = 0  # messages of nodes that the agent does not speak for

    def by_name(self) -> dict[str, int]:
        return {name: getattr(self, name) for name in self.__struct_fields__}


class Around:
    """What all links of a hub share."""

    def __init__(
        self,
        *,
        links: Links,
        claims: Claims,
        passwords: Passwords,
        inventory: Knows,
        holders: Judges,
        notes: NodeNotes,
        clock: Clock,
        name_of: Callable[[NodeId], str],
        settings: NetdataLinkSettings,
        queries: QuerySettings,
    ) -> None:
        self.claims = claims
        self.passwords = passwords
        self.inventory = inventory
        self.holders = holders
        self.clock = clock
        self.name_of = name_of
        self.settings = settings
        self.queries = queries
        self.counts = Counts()
        self._links = links
        self.sessions = Sessions(links, clock, name_of)
        self._disks = OnDisk(notes, "netdata.contexts"), OnDisk(notes, "netdata.said")
        self.contexts = Contexts(self._disks[0], most=settings.contexts)
        self.said = PackedCache(Said, self._disks[1], empty=Said, size=_weight)
        self.alerts = Alerts(most=settings.alerts)

    def away_s(self, node: NodeId) -> float:
        """For how long nothing has been heard of a node: before a link of its is taken in."""
        known = self.inventory.find(node)
        seen_ns = self._links.last_seen_ns(known) if known else 0
        return (self.clock.now_ns() - seen_ns) / SECOND_NS if seen_ns else 0.0

    def forget(self, node: NodeId) -> None:
        """A node is gone."""
        self.contexts.forget(node)
        self.alerts.forget(node)
        self.said.forget(node)

    async def write(self) -> None:
        """Bring to disk what is to outlive the hub."""
        self.contexts.settle()
        self.said.settle()
        for disk in self._disks:
            await disk.write()
