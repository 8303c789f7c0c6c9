"""Holders of identities for tests: machines by name, links that answer or do not."""

from muster.core.enrolment.clonebook import CloneBook
from muster.core.enrolment.clones import Clones, Copies, minting
from muster.core.enrolment.holders import Holders
from muster.core.nodes.marks import Marks
from muster.log import Secret
from muster.model.clone import CloneHolder, Holder
from muster.model.evidence import Evidence
from muster.model.ids import NodeId
from muster.testing.house import House


class FakeLink:
    """The open link of a holder. `alive` says whether its agent answers."""

    def __init__(self, held_by: CloneHolder) -> None:
        self._held_by = held_by
        self.alive = True
        self.forks: list[Secret] = []

    @property
    def held_by(self) -> CloneHolder:
        return self._held_by

    async def is_alive(self) -> bool:
        return self.alive

    async def fork(self, token: Secret, text: str) -> None:
        self.forks.append(token)


class Desk:
    """A hub's care for copies, over a House. `links` are the open links, made by the test."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.links: dict[NodeId, FakeLink] = {}
        self.begin()

    def begin(self) -> None:
        """Start anew over the same records, as after a restart of the hub."""
        house, link_of = self.house, self.links.get
        self.book = CloneBook(
            records=house.records.clones, clock=house.clock, changes=house.changes
        )
        self.holders = Holders(
            book=self.book, clock=house.clock, link_of=link_of, find=house.inventory.find
        )
        self.clones = Clones(
            book=self.book,
            holders=self.holders,
            records=house.records,
            clock=house.clock,
            link_of=link_of,
            mint=minting(house.tokens),
        )
        self.marks = Marks(
            records=house.records.marks, inventory=house.inventory, clock=house.clock
        )
        self.copies = Copies(holders=self.holders, clones=self.clones, marks=self.marks)

    async def node(self) -> NodeId:
        """A node that has claimed."""
        return (await self.house.claim(await self.house.token())).node.id

    async def meet(self, node: NodeId, visitor: CloneHolder) -> FakeLink:
        """Let a holder in as the node's link, as the hub does. Errors: IdentityCopied, ForkDue."""
        await self.copies.meet(node, visitor, can_fork=True)
        self.links[node] = FakeLink(visitor)
        return self.links[node]

    def run(self, machine: str, instance: str, counter: int = 1) -> CloneHolder:
        """A run of an agent on a machine."""
        marks = Evidence(machine_id=machine, dmi=machine, macs=(machine,), boot_id=machine)
        return CloneHolder(
            holder=Holder(instance=instance, counter=counter, evidence=marks),
            hostname=machine,
            address="192.0.2.1",
            first_ns=self.house.clock.now_ns(),
            seen_ns=self.house.clock.now_ns(),
        )
