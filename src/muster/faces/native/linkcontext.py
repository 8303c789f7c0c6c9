"""What all agents' links of a hub share: the parts of core they use, and their settings."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Protocol

import msgspec

from muster.clock import Clock
from muster.core.changes import GONE, NodeChange
from muster.core.intake.trim import Refused
from muster.core.nodes.links import Links
from muster.faces.native.intake import Room
from muster.faces.native.linkprobes import Gives
from muster.faces.native.linktrust import Trusts
from muster.faces.native.rounds import Rounds
from muster.model.clone import CloneHolder
from muster.model.identity import Credential, Identity
from muster.model.ids import NodeId
from muster.model.inventory import Facts, Node
from muster.model.metric import Batch
from muster.wire.limits import Limits
from muster.wire.messages import Renewed
from muster.wire.sharednames import SharedNames


class LinkFaceSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How the hub treats agents' links."""

    hello: timedelta = timedelta(seconds=10)  # how long an agent has to say who it is
    heartbeat: timedelta = timedelta(seconds=10)  # how often both ends say that they are there
    # a link on which nothing is heard for so long is dead
    silence: timedelta = timedelta(seconds=35)
    batches_waiting: int = 64  # decoded batches of one link that may wait for the disk
    # decoded values of one link that may wait for the disk; one batch always fits
    values_waiting: int = 250_000
    # decoded values of all links together that may wait, until they are on disk
    values_waiting_total: int = 25_000_000
    values_per_second: int = 2_000_000  # values of one link, over ten seconds; more wait
    messages_per_second: int = 5_000  # messages of one link, over ten seconds; more wait
    thread_bytes: int = 65_536  # frames with content from this size on are decoded in a thread


class Ingests(Protocol):
    """core.intake.ingest.Ingest, as far as a link needs it."""

    def acked(self, node: NodeId, epoch: str) -> int:
        """The newest sequence on disk; 0 for none."""
        ...

    async def accept_all(self, identity: Identity, name: str, batches: Sequence[Batch]) -> int:
        """The acknowledged sequence once durable. Errors: Unavailable, LimitExceeded."""
        ...

    def refused(self, node: NodeId) -> Refused:
        """What of a node could never be kept, since the hub's start."""
        ...


class Enrols(Protocol):
    """core.enrolment.enrol.Enrolment, as far as a link needs it."""

    async def activate(
        self, identity: Identity, certificate: bytes, address: str = ""
    ) -> Credential: ...

    async def renew(
        self, identity: Identity, request: str, *, certificate: bytes = b""
    ) -> Renewed: ...

    async def check(self, identity: Identity, certificate: bytes) -> None: ...


class Knows(Protocol):
    """core.nodes.inventory.Inventory, as far as a link needs it."""

    def find(self, id: NodeId) -> Node | None: ...
    async def update_facts(self, id: NodeId, facts: Facts, address: str = "") -> None: ...


class Judges(Protocol):
    """core.enrolment.clones.Copies: whether an agent is a copy of one that is connected."""

    async def meet(self, node: NodeId, visitor: CloneHolder, *, can_fork: bool) -> None: ...

    async def meet_retired(self, node: NodeId, visitor: CloneHolder, *, can_fork: bool) -> None: ...


class LinkContext:
    """What all links of a hub share."""

    def __init__(
        self,
        *,
        links: Links,
        enrolment: Enrols,
        inventory: Knows,
        ingest: Ingests,
        copies: Judges,
        clock: Clock,
        settings: LinkFaceSettings,
        trust: Trusts | None = None,
        probes: Gives | None = None,
    ) -> None:
        self.links = links
        self.enrolment = enrolment
        self.inventory = inventory
        self.ingest = ingest
        self.copies = copies
        self.trust = trust
        self.probes = probes
        self.clock = clock
        self.settings = settings
        self.room = Room(settings.values_waiting_total)
        self.rounds = Rounds()
        self.limits = Limits()
        self.series_names = SharedNames()
        self._names: dict[NodeId, str] = {}
        self.verdicts = 0  # changes told that may end what a certificate was let in by

    def name_of(self, node: NodeId) -> str:
        """The node's name of now; read again only after it changed."""
        name = self._names.get(node)
        if name is None:
            known = self.inventory.find(node)
            name = known.name if known else ""
            self._names[node] = name
        return name

    def node_changed(self, node: NodeId, change: NodeChange) -> None:
        """Watcher of core.changes."""
        if change is NodeChange.EDITED or change in GONE:
            self._names.pop(node, None)
        if change not in (NodeChange.EDITED, NodeChange.CLAIMED):
            self.verdicts += 1
