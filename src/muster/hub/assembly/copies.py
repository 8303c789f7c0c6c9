"""What judges who holds a node's identity, and notes when that is another run: built by hand."""

from muster.clock import Clock
from muster.core.changes import Changes
from muster.core.enrolment.clonebook import CloneBook
from muster.core.enrolment.clones import Clones, Copies, minting
from muster.core.enrolment.holders import Holders
from muster.core.enrolment.tokens import ClaimTokens
from muster.core.enrolment.writerwatch import WriterWatch
from muster.core.nodes.inventory import Inventory
from muster.core.nodes.links import Links
from muster.core.nodes.marks import Marks
from muster.ports.records import Records


class CopyParts:
    """The objects that every link of an agent passes, and every writer by a certificate."""

    def __init__(
        self,
        *,
        records: Records,
        clock: Clock,
        changes: Changes,
        links: Links,
        inventory: Inventory,
        tokens: ClaimTokens,
    ) -> None:
        link_of = links.session_of
        self.book = CloneBook(records=records.clones, clock=clock, changes=changes)
        self.holders = Holders(book=self.book, clock=clock, link_of=link_of, find=inventory.find)
        self.clones = Clones(
            book=self.book,
            holders=self.holders,
            records=records,
            clock=clock,
            link_of=link_of,
            mint=minting(tokens),
        )
        self.marks = Marks(records=records.marks, inventory=inventory, clock=clock)
        self.copies = Copies(holders=self.holders, clones=self.clones, marks=self.marks)
        self.writers = WriterWatch(holders=self.holders, clock=clock)
